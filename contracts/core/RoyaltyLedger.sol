// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {IWorkRegistry} from "../interfaces/IWorkRegistry.sol";
import {Account} from "../libraries/Account.sol";
import {Shares} from "../libraries/Shares.sol";
import {Edge} from "../libraries/Types.sol";
import {Advances} from "./Advances.sol";
import {Edges} from "./Edges.sol";
import {Judgements} from "./Judgements.sol";
import {RoyaltyAccounts} from "./RoyaltyAccounts.sol";
import {ShareTrees} from "./ShareTrees.sol";

/// @title RoyaltyLedger
/// @notice Holds all money of all works and lets every holder withdraw what is theirs.
/// @dev Rules of money M1–M8 are stated in docs/SPECIFICATION.md; functions name those they uphold. This file is the
/// way of the money: in, up the edges, out. What a work has earned stands in RoyaltyAccounts, who has the shares of it
/// in RoyaltyShares and ShareTrees, who is owed upstream in Edges, and what changes it otherwise in Advances and
/// Judgements.
contract RoyaltyLedger is ShareTrees, Advances, Judgements, Edges {
    uint256 private constant MAX_PUSHED = 32;
    uint256 private constant PUSH_GAS = 100_000;
    /// @dev A call passes on 63/64 of what is left after its own cost, at most 36,600 (EIP-150, EIP-2929).
    uint256 private constant PUSH_GAS_AT_HAND = 150_000;

    address public immutable LICENSING;

    mapping(address holder => address) private _payouts;

    constructor(address admin, IWorkRegistry registry, address licensing, address disputes)
        RoyaltyAccounts(admin, registry)
        Judgements(disputes)
    {
        LICENSING = licensing;
    }

    /// @inheritdoc IRoyaltyLedger
    /// @dev M2: O(1) in holders, parents and ancestors.
    function deposit(uint256 work, uint256 currency, uint256 amount)
        external
        payable
        nonReentrant
        returns (uint256 credited)
    {
        return _deposit(msg.sender, work, currency, amount, msg.data[:0]);
    }

    /// @inheritdoc IRoyaltyLedger
    function depositAndPull(uint256 work, uint256 currency, uint256 amount, uint256[] calldata edges)
        external
        payable
        nonReentrant
        returns (uint256 credited)
    {
        credited = _deposit(msg.sender, work, currency, amount, msg.data[:0]);
        for (uint256 i; i < edges.length; ++i) {
            _pullOne(work, edges[i], currency);
        }
    }

    /// @inheritdoc IRoyaltyLedger
    function depositFrom(
        address payer,
        uint256 work,
        uint256 currency,
        uint256 amount,
        uint256 heldFor,
        bytes calldata authorization
    ) external payable nonReentrant returns (uint256 credited) {
        _requireLicensing();
        credited = _receive(payer, currency, amount, authorization);
        _creditOrHold(payer, work, currency, credited, heldFor);
    }

    /// @inheritdoc IRoyaltyLedger
    /// @dev M2, M4: credits first; what then arrives short undoes it all. Each work is told its own exact amount.
    function depositMany(address payer, Payment[] calldata payments) external payable nonReentrant {
        _requireLicensing();
        uint256[MAX_TOKENS + 1] memory due;
        for (uint256 i; i < payments.length; ++i) {
            Payment calldata p = payments[i];
            if (p.amount == 0) continue;
            due[p.currency] += p.amount;
            _creditOrHold(payer, p.work, p.currency, p.amount, p.heldFor);
        }
        _receiveAll(payer, due);
    }

    /// @inheritdoc IRoyaltyLedger
    function release(uint256 work, uint256 currency, uint256 day) external nonReentrant returns (uint256 amount) {
        if (block.timestamp / 1 days <= day) revert RoyaltyLedger__StillHeld(work, currency, day);
        Book storage b = _book(work, currency);
        amount = b.held[day];
        if (amount == 0) revert RoyaltyLedger__NothingHeld(work, currency, day);
        b.held[day] = 0;
        _credit(work, currency, amount);
        emit Released(work, currency, day, amount);
    }

    /// @inheritdoc IRoyaltyLedger
    function refund(uint256 work, uint256 currency, uint256 day, uint256 amount, address to) external nonReentrant {
        _requireLicensing();
        Book storage b = _book(work, currency);
        uint256 held = b.held[day];
        if (held < amount) revert RoyaltyLedger__NothingHeld(work, currency, day);
        b.held[day] = held - amount;
        emit Refunded(work, currency, to, day, amount);
        _pay(to, currency, amount);
    }

    /// @inheritdoc IRoyaltyLedger
    /// @dev M2: one edge, no loop over holders. M3: touches no token, so no recipient can block it.
    function pull(uint256 child, uint256 edge, uint256 currency) external nonReentrant returns (uint256 moved) {
        bool done;
        (done, moved) = _pullOne(child, edge, currency);
        if (!done) revert RoyaltyLedger__NothingToPull(child, edge, currency);
    }

    /// @inheritdoc IRoyaltyLedger
    function pullMany(Pull[] calldata pulls) external nonReentrant {
        _pullMany(pulls);
    }

    /// @inheritdoc IRoyaltyLedger
    function claim(uint256[] calldata ids, uint256 currency, address to)
        external
        nonReentrant
        returns (uint256 amount)
    {
        return _claim(ids, currency, to);
    }

    /// @inheritdoc IRoyaltyLedger
    function pullAndClaim(Pull[] calldata pulls, uint256[] calldata ids, uint256 currency, address to)
        external
        nonReentrant
        returns (uint256 amount)
    {
        _pullMany(pulls);
        return _claim(ids, currency, to);
    }

    /// @inheritdoc IRoyaltyLedger
    /// @dev M3: who cannot be paid gets back, on top of what it earned meanwhile, the claim that was taken first.
    function push(uint256 id, uint256 currency, address[] calldata holders)
        external
        nonReentrant
        returns (uint256 paid)
    {
        if (holders.length > MAX_PUSHED) revert RoyaltyLedger__TooManyHolders(holders.length);
        for (uint256 i; i < holders.length; ++i) {
            address holder = holders[i];
            uint256 amount = _withdraw(id, currency, holder);
            if (amount == 0) continue;
            if (gasleft() < PUSH_GAS_AT_HAND) revert RoyaltyLedger__InsufficientGas(gasleft(), PUSH_GAS_AT_HAND);
            address to = payoutOf(holder);
            if (_tryPay(to, currency, amount, PUSH_GAS)) {
                paid += amount;
                emit Claimed(id, currency, holder, to, amount);
            } else {
                _assign(id, currency, holder, amount);
                emit PushFailed(id, currency, holder, to, amount);
            }
        }
    }

    /// @inheritdoc IRoyaltyLedger
    function setPayout(address to) external {
        _payouts[msg.sender] = to;
        emit PayoutSet(msg.sender, to);
    }

    /// @inheritdoc IRoyaltyLedger
    function pullable(uint256 child, uint256 edge, uint256 currency) external view returns (uint256 moved) {
        (Debt storage debt, Edge memory e) = _debt(child, edge);
        uint256 due = Shares.floor(_book(child, currency).account.gross(), e.upstream);
        return _moved(e, currency, debt.pulled[currency], due);
    }

    /// @inheritdoc IRoyaltyLedger
    function heldOf(uint256 work, uint256 currency, uint256 day) external view returns (uint256) {
        return _book(work, currency).held[day];
    }

    /// @inheritdoc IRoyaltyLedger
    function payoutOf(address holder) public view returns (address to) {
        to = _payouts[holder];
        if (to == address(0)) to = holder;
    }

    function _deposit(address payer, uint256 work, uint256 currency, uint256 amount, bytes calldata authorization)
        private
        returns (uint256 credited)
    {
        credited = _receive(payer, currency, amount, authorization);
        _creditOrHold(payer, work, currency, credited, 0);
    }

    function _creditOrHold(address payer, uint256 work, uint256 currency, uint256 amount, uint256 heldFor) private {
        if (heldFor == 0) {
            _credit(work, currency, amount);
            emit Deposited(work, currency, payer, msg.sender, amount);
        } else {
            _hold(work, currency, heldFor, amount);
            emit Held(work, currency, payer, heldFor, amount);
        }
    }

    /// @dev The account is opened, so that the title is known to exist and to be final before money waits for it.
    function _hold(uint256 work, uint256 currency, uint256 day, uint256 amount) private {
        Book storage b = _book(work, currency);
        if (b.account.isBlank()) b.account = _opened(work);
        b.held[day] += amount;
    }

    function _pullMany(Pull[] calldata pulls) private {
        for (uint256 i; i < pulls.length; ++i) {
            _pullOne(pulls[i].child, pulls[i].edge, pulls[i].currency);
        }
    }

    function _pullOne(uint256 child, uint256 edge, uint256 currency) private returns (bool done, uint256 moved) {
        Book storage b = _book(child, currency);
        Account a = b.account;
        uint256 kept;
        (moved, kept) = _pull(child, edge, currency, a.gross());
        if (kept != 0) b.account = a.plusBack(kept);
        done = moved + kept != 0;
    }

    /// @dev Cumulative floor, so that splitting a payment in two never changes what is owed. No call leaves this
    /// contract but the registry's view. The caller adds what is kept to the child's account.
    function _pull(uint256 child, uint256 edge, uint256 currency, uint256 gross)
        private
        returns (uint256 moved, uint256 kept)
    {
        (Debt storage debt, Edge memory e) = _debt(child, edge);
        uint256 due = Shares.floor(gross, e.upstream);
        uint256 before = debt.pulled[currency];
        if (due == before) return (0, 0);
        debt.pulled[currency] = due;
        moved = _moved(e, currency, before, due);
        kept = due - before - moved;
        if (moved != 0) _credit(e.parent, currency, moved);
        emit Pulled(child, e.parent, currency, edge, moved, kept);
    }

    /// @dev E(due) − E(before), where guarantee and ceiling count in their own currency only.
    function _moved(Edge memory e, uint256 currency, uint256 before, uint256 due) private pure returns (uint256) {
        if (currency != e.currency) return due - before;
        return Shares.bounded(due, e.guarantee, e.ceiling) - Shares.bounded(before, e.guarantee, e.ceiling);
    }

    /// @dev M3: the caller alone is paid, and only the caller fails when its payment fails.
    function _claim(uint256[] calldata ids, uint256 currency, address to) private returns (uint256 amount) {
        _requireAddress(to);
        for (uint256 i; i < ids.length; ++i) {
            uint256 earned = _withdraw(ids[i], currency, msg.sender);
            if (earned == 0) continue;
            amount += earned;
            emit Claimed(ids[i], currency, msg.sender, to, earned);
        }
        if (amount == 0) revert RoyaltyLedger__NothingToClaim(msg.sender, currency);
        _pay(to, currency, amount);
    }

    function _requireLicensing() private view {
        if (msg.sender != LICENSING) revert RoyaltyLedger__NotLicensing(msg.sender);
    }
}
