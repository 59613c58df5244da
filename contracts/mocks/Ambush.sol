// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @title Ambush
/// @notice Calls that a misbehaving token or receiver makes when it is touched, once, remembering how each ended.
abstract contract Ambush {
    struct Move {
        address target;
        bytes data;
    }

    struct Outcome {
        bool success;
        bytes answer;
    }

    Move[] private _moves;
    Outcome[] private _outcomes;

    /// @notice Lays one more call in wait.
    function lay(address target, bytes calldata data) external {
        _moves.push(Move(target, data));
    }

    /// @notice How many calls were made.
    function sprung() external view returns (uint256) {
        return _outcomes.length;
    }

    /// @notice How the `i`-th call ended.
    function outcome(uint256 i) external view returns (bool success, bytes memory answer) {
        return (_outcomes[i].success, _outcomes[i].answer);
    }

    /// @dev The list is emptied first, so that a call that touches this contract again finds nothing to do.
    function _spring() internal {
        Move[] memory moves = _moves;
        delete _moves;
        for (uint256 i; i < moves.length; ++i) {
            (bool success, bytes memory answer) = moves[i].target.call(moves[i].data);
            _outcomes.push(Outcome(success, answer));
        }
    }
}
