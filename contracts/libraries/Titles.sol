// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Title} from "./Types.sol";

/// @title Titles
/// @notice The state of a title in the 96 bits beside its holder, high to low:
/// epoch 24 | parents 5 | upstream 20 | series 5 | disputed 1 | issued 1 | priorityAt 40.
library Titles {
    uint256 internal constant ISSUED = 1 << 40;
    uint256 internal constant DISPUTED = 1 << 41;
    uint256 internal constant SERIES_AT = 42;
    uint256 internal constant MAX_SERIES = 31;
    uint256 internal constant UPSTREAM_AT = 47;
    uint256 internal constant UPSTREAM_MASK = (1 << 20) - 1;
    uint256 internal constant PARENTS_AT = 67;
    uint256 internal constant PARENTS_MASK = 31;
    uint256 internal constant EPOCH_AT = 72;

    /// @notice Fills in a title. A title returned from here would be one more in memory, zeroed first.
    /// @param packed  state 96 | holder 160
    /// @param finalAt Unix seconds, which the registry alone computes
    function unpack(Title memory title, uint256 packed, uint256 finalAt) internal pure {
        uint256 state = packed >> 160;
        title.holder = address(uint160(packed));
        title.priorityAt = uint40(state);
        title.finalAt = uint40(finalAt);
        title.upstream = uint24(state >> UPSTREAM_AT & UPSTREAM_MASK);
        title.parents = uint8(state >> PARENTS_AT & PARENTS_MASK);
        title.epoch = uint24(state >> EPOCH_AT);
        title.series = uint8(state >> SERIES_AT & MAX_SERIES);
        title.issued = state & ISSUED != 0;
        title.disputed = state & DISPUTED != 0;
    }
}
