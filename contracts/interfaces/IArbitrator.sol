// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IArbitrable} from "./IArbitrable.sol";

/// @title IArbitrator
/// @notice ERC-792: whoever rules disputes between contracts' users, for a fee.
interface IArbitrator {
    /// @notice Whether a dispute waits for a ruling, can be appealed, or is decided.
    enum DisputeStatus {
        Waiting,
        Appealable,
        Solved
    }

    /// @notice A dispute was created.
    event DisputeCreation(uint256 indexed _disputeID, IArbitrable indexed _arbitrable);
    /// @notice The present ruling can be appealed.
    event AppealPossible(uint256 indexed _disputeID, IArbitrable indexed _arbitrable);
    /// @notice The present ruling was appealed.
    event AppealDecision(uint256 indexed _disputeID, IArbitrable indexed _arbitrable);

    /// @notice Creates a dispute of the calling contract, which sends at least `arbitrationCost(extraData)`.
    /// @param choices   number of rulings to choose from, 1 to `choices`
    /// @param extraData whatever the arbitrator needs to know; empty for its defaults
    function createDispute(uint256 choices, bytes calldata extraData) external payable returns (uint256 disputeID);

    /// @notice Pays for another look at a ruling.
    function appeal(uint256 disputeID, bytes calldata extraData) external payable;

    /// @notice Wei that a dispute costs now.
    function arbitrationCost(bytes calldata extraData) external view returns (uint256 cost);

    /// @notice Wei that an appeal costs now; out of reach where there is none.
    function appealCost(uint256 disputeID, bytes calldata extraData) external view returns (uint256 cost);

    /// @notice Unix seconds between which the present ruling can be appealed; zeros when it cannot.
    function appealPeriod(uint256 disputeID) external view returns (uint256 start, uint256 end);

    /// @notice Where a dispute stands.
    function disputeStatus(uint256 disputeID) external view returns (DisputeStatus status);

    /// @notice What is ruled, or would be if nobody appealed.
    function currentRuling(uint256 disputeID) external view returns (uint256 ruling);
}
