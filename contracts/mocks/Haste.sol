// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @title Haste
/// @notice One call, laid in wait, that is made within the 100,000 gas which a push leaves. It remembers how it ended.
abstract contract Haste {
    uint256 private constant WAITING = 1;
    uint256 private constant FAILED = 2;
    uint256 private constant SUCCEEDED = 3;

    address private _target;
    bytes private _data;
    uint256 private _state;

    /// @notice Lays the call.
    function lay(address target, bytes calldata data) external {
        (_target, _data, _state) = (target, data, WAITING);
    }

    /// @notice 1 while it waits, 2 when it failed, 3 when it succeeded.
    function state() external view returns (uint256) {
        return _state;
    }

    function _spring() internal {
        if (_state != WAITING) return;
        (bool success,) = _target.call(_data);
        _state = success ? SUCCEEDED : FAILED;
    }
}
