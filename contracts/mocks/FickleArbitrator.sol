// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IArbitrable} from "../interfaces/IArbitrable.sol";
import {IArbitrator} from "../interfaces/IArbitrator.sol";
import {Ambush} from "./Ambush.sol";

/// @title FickleArbitrator
/// @notice An ERC-792 arbitrator with appeals, whose fee anybody changes at will, and which can be made to rule what
/// and when it must not.
contract FickleArbitrator is IArbitrator, Ambush {
    struct Docket {
        IArbitrable arbitrable;
        uint256 ruling;
        uint256 appealableUntil;
        DisputeStatus status;
    }

    uint256 public constant APPEAL_TIME = 3 days;

    uint256 private _cost;
    uint256 private _next = 41;
    mapping(uint256 dispute => Docket) private _dockets;

    error FickleArbitrator__Underpaid(uint256 sent, uint256 cost);
    error FickleArbitrator__WrongTime(uint256 dispute);

    constructor(uint256 cost) {
        _cost = cost;
    }

    /// @notice Costs `cost` from now on.
    function setCost(uint256 cost) external {
        _cost = cost;
    }

    /// @notice Gives the next dispute this number, even if another one has it.
    function setNext(uint256 dispute) external {
        _next = dispute;
    }

    /// @inheritdoc IArbitrator
    function createDispute(uint256, bytes calldata) external payable returns (uint256 dispute) {
        if (msg.value < _cost) revert FickleArbitrator__Underpaid(msg.value, _cost);
        dispute = _next;
        _next = dispute + 1;
        _dockets[dispute] = Docket(IArbitrable(msg.sender), 0, 0, DisputeStatus.Waiting);
        emit DisputeCreation(dispute, IArbitrable(msg.sender));
        _spring();
    }

    /// @notice Rules, subject to appeal.
    function giveRuling(uint256 dispute, uint256 ruling) external {
        Docket storage docket = _dockets[dispute];
        if (docket.status != DisputeStatus.Waiting) revert FickleArbitrator__WrongTime(dispute);
        docket.ruling = ruling;
        docket.appealableUntil = block.timestamp + APPEAL_TIME;
        docket.status = DisputeStatus.Appealable;
        emit AppealPossible(dispute, docket.arbitrable);
    }

    /// @inheritdoc IArbitrator
    function appeal(uint256 dispute, bytes calldata) external payable {
        Docket storage docket = _dockets[dispute];
        if (docket.status != DisputeStatus.Appealable || block.timestamp >= docket.appealableUntil) {
            revert FickleArbitrator__WrongTime(dispute);
        }
        if (msg.value < 2 * _cost) revert FickleArbitrator__Underpaid(msg.value, 2 * _cost);
        docket.status = DisputeStatus.Waiting;
        emit AppealDecision(dispute, docket.arbitrable);
    }

    /// @notice Carries out a ruling that nobody can appeal any more.
    function executeRuling(uint256 dispute) external {
        Docket storage docket = _dockets[dispute];
        if (docket.status != DisputeStatus.Appealable || block.timestamp < docket.appealableUntil) {
            revert FickleArbitrator__WrongTime(dispute);
        }
        docket.status = DisputeStatus.Solved;
        docket.arbitrable.rule(dispute, docket.ruling);
    }

    /// @notice Rules whatever is asked, without any right to.
    function misrule(IArbitrable arbitrable, uint256 dispute, uint256 ruling) external {
        arbitrable.rule(dispute, ruling);
    }

    /// @inheritdoc IArbitrator
    function arbitrationCost(bytes calldata) external view returns (uint256) {
        return _cost;
    }

    /// @inheritdoc IArbitrator
    function appealCost(uint256, bytes calldata) external view returns (uint256) {
        return 2 * _cost;
    }

    /// @inheritdoc IArbitrator
    function appealPeriod(uint256 dispute) external view returns (uint256, uint256) {
        uint256 end = _dockets[dispute].appealableUntil;
        return end == 0 ? (0, 0) : (end - APPEAL_TIME, end);
    }

    /// @inheritdoc IArbitrator
    function disputeStatus(uint256 dispute) external view returns (DisputeStatus) {
        return _dockets[dispute].status;
    }

    /// @inheritdoc IArbitrator
    function currentRuling(uint256 dispute) external view returns (uint256) {
        return _dockets[dispute].ruling;
    }
}
