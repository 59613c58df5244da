// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {PlainToken} from "./PlainToken.sol";

/// @title FeeToken
/// @notice Burns a hundredth of everything that is transferred.
contract FeeToken is PlainToken(18) {
    function _update(address from, address to, uint256 value) internal override {
        uint256 fee = from == address(0) || to == address(0) ? 0 : value / 100;
        if (fee != 0) super._update(from, address(0), fee);
        super._update(from, to, value - fee);
    }
}
