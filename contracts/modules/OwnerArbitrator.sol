// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IArbitrable} from "../interfaces/IArbitrable.sol";
import {IArbitrator} from "../interfaces/IArbitrator.sol";

/// @title OwnerArbitrator
/// @notice An ERC-792 arbitrator whose owner rules, for a fixed fee and without appeal: for local chains, and for
/// parties who agree on one judge.
contract OwnerArbitrator is IArbitrator, Ownable2Step {
    struct Docket {
        IArbitrable arbitrable;
        uint256 choices;
        uint256 ruling;
        DisputeStatus status;
    }

    /// @notice Wei that a dispute costs.
    uint256 public immutable FEE;

    Docket[] private _dockets;

    /// @notice Fees of disputes were paid to `to`.
    event FeesWithdrawn(address indexed to, uint256 amount);

    error OwnerArbitrator__WrongValue(uint256 sent, uint256 fee);
    error OwnerArbitrator__UnknownDispute(uint256 dispute);
    error OwnerArbitrator__UnknownRuling(uint256 dispute, uint256 ruling, uint256 choices);
    error OwnerArbitrator__AlreadyRuled(uint256 dispute);
    error OwnerArbitrator__NoAppeal(uint256 dispute);

    constructor(address admin, uint256 fee) Ownable(admin) {
        FEE = fee;
    }

    /// @inheritdoc IArbitrator
    function createDispute(uint256 choices, bytes calldata) external payable returns (uint256 dispute) {
        if (msg.value != FEE) revert OwnerArbitrator__WrongValue(msg.value, FEE);
        dispute = _dockets.length;
        _dockets.push(Docket(IArbitrable(msg.sender), choices, 0, DisputeStatus.Waiting));
        emit DisputeCreation(dispute, IArbitrable(msg.sender));
    }

    /// @notice Rules a dispute, once; 0 refuses to rule. Owner only.
    function giveRuling(uint256 dispute, uint256 ruling) external onlyOwner {
        Docket storage docket = _docket(dispute);
        if (docket.status == DisputeStatus.Solved) revert OwnerArbitrator__AlreadyRuled(dispute);
        if (ruling > docket.choices) revert OwnerArbitrator__UnknownRuling(dispute, ruling, docket.choices);
        (docket.ruling, docket.status) = (ruling, DisputeStatus.Solved);
        docket.arbitrable.rule(dispute, ruling);
    }

    /// @notice Pays the fees to `to`. Owner only.
    function withdraw(address to) external onlyOwner {
        uint256 amount = address(this).balance;
        emit FeesWithdrawn(to, amount);
        SafeTransferLib.safeTransferETH(to, amount);
    }

    /// @inheritdoc IArbitrator
    function appeal(uint256 dispute, bytes calldata) external payable {
        revert OwnerArbitrator__NoAppeal(dispute);
    }

    /// @inheritdoc IArbitrator
    function arbitrationCost(bytes calldata) external view returns (uint256) {
        return FEE;
    }

    /// @inheritdoc IArbitrator
    function appealCost(uint256, bytes calldata) external pure returns (uint256) {
        return type(uint256).max;
    }

    /// @inheritdoc IArbitrator
    function appealPeriod(uint256) external pure returns (uint256, uint256) {
        return (0, 0);
    }

    /// @inheritdoc IArbitrator
    function disputeStatus(uint256 dispute) external view returns (DisputeStatus) {
        return _docket(dispute).status;
    }

    /// @inheritdoc IArbitrator
    function currentRuling(uint256 dispute) external view returns (uint256) {
        return _docket(dispute).ruling;
    }

    function _docket(uint256 dispute) private view returns (Docket storage) {
        if (dispute >= _dockets.length) revert OwnerArbitrator__UnknownDispute(dispute);
        return _dockets[dispute];
    }
}
