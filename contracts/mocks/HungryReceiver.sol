// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @title HungryReceiver
/// @notice Takes coins as long as it is given enough gas to write `slots` new slots; anybody may say how many.
contract HungryReceiver {
    uint256 private _slots;
    mapping(uint256 number => uint256) private _written;
    uint256 private _next;

    receive() external payable {
        for (uint256 i; i < _slots; ++i) {
            _written[++_next] = block.timestamp;
        }
    }

    /// @notice How much it eats from now on.
    function setSlots(uint256 slots) external {
        _slots = slots;
    }
}
