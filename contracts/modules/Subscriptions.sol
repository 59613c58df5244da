// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {ReentrancyGuard} from "solady/utils/ReentrancyGuard.sol";

import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {ISubscriptions} from "../interfaces/ISubscriptions.sol";
import {IUsagePool} from "../interfaces/IUsagePool.sol";
import {Tender} from "../libraries/Tender.sol";

/// @title Subscriptions
/// @notice Keeps prepaid money until each period begins.
/// @dev No admin. The balance of a currency is the price of all periods that are not begun, or begun and not collected:
/// a plan's beneficiary never reaches the former, a subscriber never the latter.
contract Subscriptions is ISubscriptions, ReentrancyGuard {
    uint256 private constant MAX_AHEAD = 3650 days;
    uint256 private constant LEAST_PERIOD = 1 hours;

    IRoyaltyLedger public immutable LEDGER;
    IUsagePool public immutable POOLS;

    uint256 private _planCount;
    mapping(uint256 plan => Plan) private _plans;
    mapping(uint256 plan => mapping(address account => Subscription)) private _subscriptions;

    constructor(IRoyaltyLedger ledger, IUsagePool pools) {
        (LEDGER, POOLS) = (ledger, pools);
    }

    /// @inheritdoc ISubscriptions
    function createPlan(address beneficiary, uint8 currency, uint104 price, uint32 period, uint256 pool)
        external
        returns (uint256 plan)
    {
        if (beneficiary == address(0)) revert Subscriptions__ZeroAddress();
        if (beneficiary == address(this) || beneficiary == address(POOLS)) {
            revert Subscriptions__BadRecipient(beneficiary);
        }
        if (price == 0 || period < LEAST_PERIOD) revert Subscriptions__BadPlan(price, period);
        LEDGER.currencyAt(currency);
        if (pool != 0 && POOLS.poolOf(pool).currency != currency) revert Subscriptions__WrongCurrency(pool, currency);
        plan = ++_planCount;
        _plans[plan] = Plan(beneficiary, currency, price, period, pool);
        emit PlanCreated(plan, _plans[plan]);
    }

    /// @inheritdoc ISubscriptions
    /// @dev R7: the money comes first; nothing that was read before it is used after it.
    function subscribe(uint256 plan, uint256 periods, address account)
        external
        payable
        nonReentrant
        returns (uint256 paidUntil)
    {
        if (account == address(0)) revert Subscriptions__ZeroAddress();
        Plan memory p = planOf(plan);
        if (periods == 0) revert Subscriptions__ZeroPeriods();
        if (periods > MAX_AHEAD / p.period) revert Subscriptions__TooFarAhead(periods);
        uint256 price = periods * p.price;
        uint256 received = Tender.take(LEDGER, p.currency, price);
        if (received != price) revert Subscriptions__Underpaid(received, price);

        Subscription memory s = _subscriptions[plan][account];
        if (block.timestamp >= s.paidUntil) {
            s.carried += uint32(_begun(s, p.period) - s.collected);
            (s.startedAt, s.paidUntil, s.collected) = (uint40(block.timestamp), uint40(block.timestamp), 0);
        }
        paidUntil = s.paidUntil + periods * p.period;
        if (paidUntil > block.timestamp + MAX_AHEAD) revert Subscriptions__TooFarAhead(periods);
        s.paidUntil = uint40(paidUntil);
        _subscriptions[plan][account] = s;
        emit Subscribed(plan, account, msg.sender, periods, paidUntil);
    }

    /// @inheritdoc ISubscriptions
    function cancel(uint256 plan, address to) external nonReentrant returns (uint256 refunded) {
        if (to == address(0)) revert Subscriptions__ZeroAddress();
        Plan memory p = planOf(plan);
        Subscription storage s = _subscriptions[plan][msg.sender];
        uint256 end = s.startedAt + _begun(s, p.period) * p.period;
        refunded = (s.paidUntil - end) / p.period * p.price;
        if (refunded == 0) revert Subscriptions__NothingToCancel(plan, msg.sender);
        s.paidUntil = uint40(end);
        emit Cancelled(plan, msg.sender, to, refunded, end);
        Tender.pay(LEDGER, p.currency, to, refunded);
    }

    /// @inheritdoc ISubscriptions
    function collect(uint256 plan, address account) external nonReentrant returns (uint256 amount) {
        Plan memory p = planOf(plan);
        uint256 periods = collectable(plan, account);
        if (periods == 0) revert Subscriptions__NothingToCollect(plan, account);
        Subscription storage s = _subscriptions[plan][account];
        (s.collected, s.carried) = (uint32(_begun(s, p.period)), 0);
        amount = periods * p.price;
        emit Collected(plan, account, periods, amount);
        if (p.pool == 0) {
            Tender.pay(LEDGER, p.currency, p.beneficiary, amount);
        } else {
            uint256 coins = Tender.allow(LEDGER, p.currency, address(POOLS), amount);
            POOLS.fund{value: coins}(p.pool, POOLS.currentEpoch(p.pool), amount, p.beneficiary);
        }
    }

    /// @inheritdoc ISubscriptions
    function planOf(uint256 plan) public view returns (Plan memory p) {
        p = _plans[plan];
        if (p.period == 0) revert Subscriptions__UnknownPlan(plan);
    }

    /// @inheritdoc ISubscriptions
    function subscriptionOf(uint256 plan, address account) external view returns (Subscription memory) {
        return _subscriptions[plan][account];
    }

    /// @inheritdoc ISubscriptions
    function isActive(uint256 plan, address account) external view returns (bool) {
        return block.timestamp < _subscriptions[plan][account].paidUntil;
    }

    /// @inheritdoc ISubscriptions
    function collectable(uint256 plan, address account) public view returns (uint256 periods) {
        Subscription memory s = _subscriptions[plan][account];
        return s.carried + _begun(s, planOf(plan).period) - s.collected;
    }

    /// @dev Periods of the present run that have begun: a period has begun at its first second.
    function _begun(Subscription memory s, uint256 period) private view returns (uint256) {
        uint256 paid = (s.paidUntil - s.startedAt) / period;
        uint256 begun = (block.timestamp - s.startedAt) / period + 1;
        return begun < paid ? begun : paid;
    }
}
