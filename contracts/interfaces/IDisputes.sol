// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IArbitrable} from "./IArbitrable.sol";
import {IEvidence} from "./IEvidence.sol";
import {IRoyaltyLedger} from "./IRoyaltyLedger.sol";

/// @title IDisputes
/// @notice Claims that a title belongs to somebody else, decided by an ERC-792 arbitrator that is fixed at deployment.
/// Rulings: 2 grants the remedy; 0, 1 and anything else reject it.
/// @dev While a dispute is open, revenue credited from then on waits in the ledger and the title stays where it is.
/// What was earned before is never touched, nor are licences, nor what parents are owed.
interface IDisputes is IArbitrable, IEvidence {
    /// @notice How far a dispute has come.
    enum Status {
        NONE,
        OPEN,
        GRANTED,
        REJECTED,
        EXPIRED
    }

    /// @notice A dispute as it stands.
    /// @param work     whose title is disputed
    /// @param claimant who opened it, and wins if it is granted
    /// @param openedAt Unix seconds
    /// @param remedy   what a ruling of 2 does: DIVERT or RETITLE
    /// @param status   how far it has come
    /// @param bond     wei that the claimant risks
    struct Case {
        uint256 work;
        address claimant;
        uint40 openedAt;
        IRoyaltyLedger.Outcome remedy;
        Status status;
        uint256 bond;
    }

    /// @notice `claimant` disputes the title of `work`; `dispute` is the arbitrator's number.
    event DisputeOpened(
        uint256 indexed dispute,
        uint256 indexed work,
        address indexed claimant,
        IRoyaltyLedger.Outcome remedy,
        uint256 bond,
        uint256 fee
    );
    /// @notice The dispute is over. Its bond is the claimant's to withdraw (GRANTED), or was deposited to the work.
    event DisputeEnded(uint256 indexed dispute, uint256 indexed work, Status status, uint256 bond);
    /// @notice A ruling that came after the dispute expired changed nothing.
    event RulingIgnored(uint256 indexed dispute, uint256 indexed work, uint256 ruling);
    /// @notice `claimant` took out bonds that were returned.
    event BondsWithdrawn(address indexed claimant, address indexed to, uint256 amount);

    error Disputes__ZeroBond();
    error Disputes__NoRemedy();
    error Disputes__NotFinal(uint256 work, uint256 finalAt);
    error Disputes__AlreadyOpen(uint256 work);
    error Disputes__SeriesUsedUp(uint256 work);
    error Disputes__WrongValue(uint256 sent, uint256 expected);
    error Disputes__DisputeExists(uint256 dispute);
    error Disputes__NotArbitrator(address caller);
    error Disputes__UnknownDispute(uint256 dispute);
    error Disputes__AlreadyRuled(uint256 dispute);
    error Disputes__NotOpen(uint256 work);
    error Disputes__NotExpired(uint256 work, uint256 expiresAt);
    error Disputes__NothingToWithdraw(address claimant);
    error Disputes__PaymentFailed(address to, uint256 amount);

    /// @notice Disputes the title of a registered, final work. Send exactly what `costOf` says: bond and fee together.
    /// @param remedy   DIVERT: revenue credited while the dispute is open; RETITLE: that, the title and all shares
    /// @param evidence URI of an ERC-1497 evidence document
    /// @return dispute the arbitrator's number
    function open(uint256 work, IRoyaltyLedger.Outcome remedy, string calldata evidence)
        external
        payable
        returns (uint256 dispute);

    /// @notice Adds evidence to the open dispute over a work. Anybody may.
    /// @param evidence URI of an ERC-1497 evidence document
    function submitEvidence(uint256 work, string calldata evidence) external;

    /// @notice Rejects a dispute that was not ruled in 180 days. Anybody may call.
    function expire(uint256 work) external;

    /// @notice Pays the caller the bonds of its granted disputes.
    function withdraw(address to) external returns (uint256 amount);

    /// @notice What opening a dispute over a work costs now: the bond, doubled for each rejected dispute over it, at
    /// most six times, and the arbitrator's fee.
    function costOf(uint256 work) external view returns (uint256 bond, uint256 fee);

    /// @notice The latest dispute over a work; status NONE when there never was one.
    function disputeOf(uint256 work) external view returns (uint256 dispute, Case memory);

    /// @notice A dispute by the arbitrator's number; status NONE for an unknown one.
    function caseOf(uint256 dispute) external view returns (Case memory);

    /// @notice Bonds that `claimant` can withdraw.
    function withdrawable(address claimant) external view returns (uint256);
}
