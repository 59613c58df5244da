// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IArbitrator} from "./IArbitrator.sol";

/// @title IArbitrable
/// @notice ERC-792: a contract that does what an arbitrator rules.
interface IArbitrable {
    /// @notice The arbitrator ruled.
    event Ruling(IArbitrator indexed _arbitrator, uint256 indexed _disputeID, uint256 _ruling);

    /// @notice Gives a ruling. Arbitrator only. Ruling 0 is a refusal to rule.
    function rule(uint256 disputeID, uint256 ruling) external;
}
