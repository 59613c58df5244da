// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Ambush} from "./Ambush.sol";
import {PlainToken} from "./PlainToken.sol";

/// @title ReentrantToken
/// @notice Makes its laid calls in the middle of every transfer, after the balances changed, and of every permit.
contract ReentrantToken is PlainToken(18), Ambush {
    /// @notice As ERC-2612, for anybody's word.
    function permit(address owner, address spender, uint256 value, uint256, uint8, bytes32, bytes32) external {
        _approve(owner, spender, value);
        _spring();
    }

    /// @notice As ERC-3009, for anybody's word.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256,
        uint256,
        bytes32,
        uint8,
        bytes32,
        bytes32
    ) external {
        _transfer(from, to, value);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0)) _spring();
    }
}
