// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

/// @title Pausable
/// @notice An admin, replaced in two steps, and a guardian: both can stop registrations and sales, and only the admin
/// can resume them. Neither can do anything else.
/// @dev M7: no function that pays out or withdraws asks `whenRunning`. The admin may be a timelock: a guardian stops at
/// once, and what it stopped waits for the admin.
abstract contract Pausable is Ownable2Step {
    address private _guardian;
    bool private _paused; // shares its slot with the guardian and, in Licensing, with the number of the last licence

    event Paused(bool paused);
    event GuardianSet(address indexed guardian);

    error Pausable__Paused();
    error Pausable__NotGuardian(address caller);

    constructor(address admin) Ownable(admin) {}

    /// @notice Stops or resumes registrations and sales.
    function setPaused(bool paused_) external {
        if (msg.sender != owner() && !(paused_ && msg.sender == _guardian)) revert Pausable__NotGuardian(msg.sender);
        _setPaused(paused_);
    }

    /// @notice Names who may stop, but not resume, beside the admin; zero for nobody.
    function setGuardian(address guardian_) external onlyOwner {
        _setGuardian(guardian_);
    }

    /// @notice Leaves the contract without admin and guardian for ever, and resumes what was stopped.
    /// @dev Threat: a guardian who stops afterwards what nobody could resume.
    function renounceOwnership() public override {
        super.renounceOwnership();
        _setGuardian(address(0));
        _setPaused(false);
    }

    /// @notice Who may stop beside the admin.
    function guardian() external view returns (address) {
        return _guardian;
    }

    /// @notice Whether registrations and sales are stopped.
    function paused() public view returns (bool) {
        return _paused;
    }

    modifier whenRunning() {
        _requireRunning();
        _;
    }

    function _requireRunning() internal view {
        if (_paused) revert Pausable__Paused();
    }

    function _setPaused(bool paused_) private {
        _paused = paused_;
        emit Paused(paused_);
    }

    function _setGuardian(address guardian_) private {
        _guardian = guardian_;
        emit GuardianSet(guardian_);
    }
}
