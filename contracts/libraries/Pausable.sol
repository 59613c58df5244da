// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

/// @title Pausable
/// @notice An admin, replaced in two steps, who can stop registrations and sales and nothing else.
/// @dev M7: no function that pays out or withdraws asks `whenRunning`.
abstract contract Pausable is Ownable2Step {
    bool private _paused; // shares its slot with Ownable2Step's pending owner

    event Paused(bool paused);

    error Pausable__Paused();

    constructor(address admin) Ownable(admin) {}

    /// @notice Stops or resumes registrations and sales.
    function setPaused(bool paused_) external onlyOwner {
        _paused = paused_;
        emit Paused(paused_);
    }

    /// @notice Whether registrations and sales are stopped.
    function paused() external view returns (bool) {
        return _paused;
    }

    modifier whenRunning() {
        if (_paused) revert Pausable__Paused();
        _;
    }
}
