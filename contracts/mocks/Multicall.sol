// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @title Multicall
/// @notice Asks many questions in one call, so that a test can look at everything after every step.
contract Multicall {
    struct Question {
        address target;
        bytes data;
    }

    error Multicall__Refused(uint256 question, bytes reason);

    /// @notice The answers in order; one that is refused ends the call.
    function ask(Question[] calldata questions) external view returns (bytes[] memory answers) {
        answers = new bytes[](questions.length);
        for (uint256 i; i < questions.length; ++i) {
            (bool success, bytes memory answer) = questions[i].target.staticcall(questions[i].data);
            if (!success) revert Multicall__Refused(i, answer);
            answers[i] = answer;
        }
    }
}
