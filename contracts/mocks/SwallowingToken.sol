// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {PlainToken} from "./PlainToken.sol";

/// @title SwallowingToken
/// @notice Answers every call that it does not know with success and does nothing, as tokens that wrap coins do.
contract SwallowingToken is PlainToken(18) {
    fallback() external {}
}
