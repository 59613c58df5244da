// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {PlainToken} from "./PlainToken.sol";

/// @title FalseToken
/// @notice While it fails, it moves nothing and returns false instead of reverting.
contract FalseToken is PlainToken(18) {
    bool private _failing;

    /// @notice Fails or works from now on; anybody may choose.
    function setFailing(bool failing) external {
        _failing = failing;
    }

    /// @notice ERC-20.
    function transfer(address to, uint256 value) public override returns (bool) {
        return !_failing && super.transfer(to, value);
    }

    /// @notice ERC-20.
    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        return !_failing && super.transferFrom(from, to, value);
    }
}
