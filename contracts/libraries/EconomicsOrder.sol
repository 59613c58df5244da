// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Economics} from "./Types.sol";

/// @title EconomicsOrder
/// @notice Which economics of a work protect its share holders at least as well as others.
library EconomicsOrder {
    /// @notice Same currency (any, where there was no minimum price), and no number lower.
    function atLeast(Economics memory next, Economics memory present) internal pure returns (bool) {
        return (present.minPrice == 0 || next.currency == present.currency) && next.minPrice >= present.minPrice
            && next.minUpstream >= present.minUpstream && next.quorum >= present.quorum;
    }
}
