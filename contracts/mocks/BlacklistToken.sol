// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {PlainToken} from "./PlainToken.sol";

/// @title BlacklistToken
/// @notice Refuses every transfer from or to a blocked account.
contract BlacklistToken is PlainToken(6) {
    mapping(address account => bool) private _blocked;

    error BlacklistToken__Blocked(address account);

    /// @notice Blocks an account, or lets it go; anybody may.
    function setBlocked(address account, bool blocked) external {
        _blocked[account] = blocked;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (_blocked[from]) revert BlacklistToken__Blocked(from);
        if (_blocked[to]) revert BlacklistToken__Blocked(to);
        super._update(from, to, value);
    }
}
