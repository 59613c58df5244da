// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Base64} from "solady/utils/Base64.sol";
import {ReentrancyGuard} from "solady/utils/ReentrancyGuard.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IArbitrable} from "../interfaces/IArbitrable.sol";
import {IArbitrator} from "../interfaces/IArbitrator.sol";
import {IDisputes} from "../interfaces/IDisputes.sol";
import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {IWorkRegistry} from "../interfaces/IWorkRegistry.sol";
import {Title} from "../libraries/Types.sol";

/// @title Disputes
/// @notice Claims that a title belongs to somebody else, decided by an ERC-792 arbitrator that is fixed at deployment.
/// @dev No admin. The arbitrator is trusted to choose between rejection and the remedy that was asked for, and with
/// nothing else: it cannot rule twice, rule late, rule what nobody opened, or keep a dispute open for ever.
contract Disputes is IDisputes, ReentrancyGuard {
    /// @notice Seconds after which a dispute that was not ruled is rejected.
    uint256 public constant RULED_WITHIN = 180 days;

    /// @dev Threat: a false registrant who loses disputes over his own title to himself, and gets the bonds back
    /// through his shares, to price the author out. The bond stops growing at 64 times the first.
    uint256 private constant MOST_DOUBLINGS = 6;
    uint256 private constant CHOICES = 2;
    uint256 private constant GRANT = 2;
    uint256 private constant LAST_SERIES = 31; // five bits of the title

    IWorkRegistry public immutable REGISTRY;
    IRoyaltyLedger public immutable LEDGER;
    IArbitrator public immutable ARBITRATOR;
    /// @notice Wei that the first dispute over a work risks.
    uint256 public immutable BOND;

    mapping(uint256 dispute => Case) private _cases;
    mapping(uint256 work => uint256 dispute) private _latest;
    mapping(uint256 work => uint256) private _rejected;
    mapping(address claimant => uint256) private _returned;

    /// @dev The questions are data URIs, so that an arbitrator's interface shows them whatever else is out of reach.
    /// Their numbers are those of the remedies. Threat of a zero bond: freezing everybody's revenue would be free.
    constructor(IWorkRegistry registry, IRoyaltyLedger ledger, IArbitrator arbitrator, uint256 bond) {
        if (bond == 0) revert Disputes__ZeroBond();
        (REGISTRY, LEDGER, ARBITRATOR, BOND) = (registry, ledger, arbitrator, bond);
        emit MetaEvidence(
            uint256(IRoyaltyLedger.Outcome.DIVERT),
            _question(
                "The claimant asks for what the work earned while this dispute was open.",
                "Does that revenue belong to the claimant?"
            )
        );
        emit MetaEvidence(
            uint256(IRoyaltyLedger.Outcome.RETITLE),
            _question(
                "The claimant asks for title and royalty shares, and for what was earned while this dispute was open.",
                "Does the work belong to the claimant?"
            )
        );
    }

    /// @inheritdoc IDisputes
    /// @dev The number is known only after the arbitrator answered; a ruling from inside that call finds the lock.
    /// Threat: an arbitrator that gives a number twice, so that one ruling would end two disputes.
    function open(uint256 work, IRoyaltyLedger.Outcome remedy, string calldata evidence)
        external
        payable
        nonReentrant
        returns (uint256 dispute)
    {
        _requireDisputable(work, remedy);
        (uint256 bond, uint256 fee) = costOf(work);
        if (msg.value != bond + fee) revert Disputes__WrongValue(msg.value, bond + fee);
        LEDGER.freeze(work);
        dispute = ARBITRATOR.createDispute{value: fee}(CHOICES, "");
        if (_cases[dispute].status != Status.NONE) revert Disputes__DisputeExists(dispute);
        _cases[dispute] = Case(work, msg.sender, uint40(block.timestamp), remedy, Status.OPEN, bond);
        _latest[work] = dispute;
        emit DisputeOpened(dispute, work, msg.sender, remedy, bond, fee);
        emit Dispute(ARBITRATOR, dispute, uint256(remedy), dispute);
        emit Evidence(ARBITRATOR, dispute, msg.sender, evidence);
    }

    /// @inheritdoc IDisputes
    function submitEvidence(uint256 work, string calldata evidence) external {
        (uint256 dispute,) = _openCase(work);
        emit Evidence(ARBITRATOR, dispute, msg.sender, evidence);
    }

    /// @inheritdoc IArbitrable
    /// @dev A ruling that comes after the dispute expired is noted and changes nothing: an arbitrator whose bookkeeping
    /// hangs on this call is not blocked by its own lateness.
    function rule(uint256 dispute, uint256 ruling) external nonReentrant {
        if (msg.sender != address(ARBITRATOR)) revert Disputes__NotArbitrator(msg.sender);
        Case storage c = _cases[dispute];
        Status status = c.status;
        if (status == Status.NONE) revert Disputes__UnknownDispute(dispute);
        if (status == Status.GRANTED || status == Status.REJECTED) revert Disputes__AlreadyRuled(dispute);
        emit Ruling(ARBITRATOR, dispute, ruling);
        if (status == Status.EXPIRED) {
            c.status = Status.REJECTED;
            emit RulingIgnored(dispute, c.work, ruling);
        } else if (ruling == GRANT) {
            _grant(dispute, c);
        } else {
            _reject(dispute, c, Status.REJECTED);
        }
    }

    /// @inheritdoc IDisputes
    function expire(uint256 work) external nonReentrant {
        (uint256 dispute, Case storage c) = _openCase(work);
        uint256 expiresAt = c.openedAt + RULED_WITHIN;
        if (block.timestamp < expiresAt) revert Disputes__NotExpired(work, expiresAt);
        _reject(dispute, c, Status.EXPIRED);
    }

    /// @inheritdoc IDisputes
    /// @dev Pulled, not pushed: a claimant that refuses coins cannot block the ruling in its own favour.
    function withdraw(address to) external nonReentrant returns (uint256 amount) {
        amount = _returned[msg.sender];
        if (amount == 0) revert Disputes__NothingToWithdraw(msg.sender);
        delete _returned[msg.sender];
        emit BondsWithdrawn(msg.sender, to, amount);
        if (to == address(0) || !SafeTransferLib.trySafeTransferETH(to, amount, gasleft())) {
            revert Disputes__PaymentFailed(to, amount);
        }
    }

    /// @inheritdoc IDisputes
    function costOf(uint256 work) public view returns (uint256 bond, uint256 fee) {
        uint256 rejected = _rejected[work];
        bond = BOND * 2 ** (rejected < MOST_DOUBLINGS ? rejected : MOST_DOUBLINGS);
        fee = ARBITRATOR.arbitrationCost("");
    }

    /// @inheritdoc IDisputes
    function disputeOf(uint256 work) external view returns (uint256 dispute, Case memory c) {
        dispute = _latest[work];
        if (_cases[dispute].work != work) return (0, c); // number 0 may be another work's
        c = _cases[dispute];
    }

    /// @inheritdoc IDisputes
    function caseOf(uint256 dispute) external view returns (Case memory) {
        return _cases[dispute];
    }

    /// @inheritdoc IDisputes
    function withdrawable(address claimant) external view returns (uint256) {
        return _returned[claimant];
    }

    /// @dev ERC-1497, "MetaEvidence". Called by the constructor alone, so it stays out of the deployed code.
    function _question(string memory description, string memory question) private pure returns (string memory) {
        string memory json = string.concat(
            "{\"category\":\"Copyright\",\"title\":\"Disputed work\",\"description\":\"",
            description,
            "\",\"question\":\"",
            question,
            "\",\"rulingOptions\":{\"type\":\"single-select\",\"titles\":[\"No\",\"Yes\"],",
            "\"descriptions\":[\"Everything stays as it is.\",\"The claimant gets it.\"]}}"
        );
        return string.concat("data:application/json;base64,", Base64.encode(bytes(json)));
    }

    /// @dev A title that is not final can still be taken back by who was first, and has earned nothing. What a granted
    /// remedy could no longer do is refused before it is argued about.
    function _requireDisputable(uint256 work, IRoyaltyLedger.Outcome remedy) private view {
        if (remedy == IRoyaltyLedger.Outcome.REJECT) revert Disputes__NoRemedy();
        Title memory title = REGISTRY.titleOf(work);
        if (block.timestamp < title.finalAt) revert Disputes__NotFinal(work, title.finalAt);
        if (title.disputed) revert Disputes__AlreadyOpen(work);
        if (remedy == IRoyaltyLedger.Outcome.RETITLE && title.series == LAST_SERIES) {
            revert Disputes__SeriesUsedUp(work);
        }
    }

    function _openCase(uint256 work) private view returns (uint256 dispute, Case storage c) {
        dispute = _latest[work];
        c = _cases[dispute];
        if (c.work != work || c.status != Status.OPEN) revert Disputes__NotOpen(work);
    }

    function _grant(uint256 dispute, Case storage c) private {
        (uint256 work, address claimant, uint256 bond) = (c.work, c.claimant, c.bond);
        c.status = Status.GRANTED;
        _returned[claimant] += bond;
        emit DisputeEnded(dispute, work, Status.GRANTED, bond);
        LEDGER.resolve(work, c.remedy, claimant);
    }

    /// @dev The bond goes to whoever waited for their revenue: resolved first, so that it is not frozen itself.
    function _reject(uint256 dispute, Case storage c, Status status) private {
        (uint256 work, uint256 bond) = (c.work, c.bond);
        c.status = status;
        ++_rejected[work];
        emit DisputeEnded(dispute, work, status, bond);
        LEDGER.resolve(work, IRoyaltyLedger.Outcome.REJECT, address(0));
        LEDGER.deposit{value: bond}(work, 0, bond);
    }
}
