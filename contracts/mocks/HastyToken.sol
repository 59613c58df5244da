// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Haste} from "./Haste.sol";
import {PlainToken} from "./PlainToken.sol";

/// @title HastyToken
/// @notice Makes its laid call when it is asked to transfer, moves nothing, and answers false without reverting.
contract HastyToken is Haste, PlainToken(18) {
    /// @notice ERC-20, broken.
    function transfer(address, uint256) public override returns (bool) {
        _spring();
        return false;
    }
}
