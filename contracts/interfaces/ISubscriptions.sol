// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @title ISubscriptions
/// @notice Prepaid periods of a plan. A period that has begun is the plan's revenue; the others go back when the
/// subscriber cancels.
interface ISubscriptions {
    /// @notice A plan; nothing of it ever changes.
    /// @param beneficiary receives the revenue, or what the pool does not spend of it; not this contract or the pools
    /// @param currency    index into the ledger's currency list
    /// @param price       minor units of one period
    /// @param period      seconds
    /// @param pool        usage pool that divides the revenue among works; zero: the beneficiary has it
    struct Plan {
        address beneficiary;
        uint8 currency;
        uint104 price;
        uint32 period;
        uint256 pool;
    }

    /// @notice A subscription as it stands, one slot.
    /// @param startedAt Unix seconds at which the present run of periods began
    /// @param paidUntil Unix seconds at which it ends
    /// @param collected periods of this run that were collected
    /// @param carried   begun periods of earlier runs that were not
    struct Subscription {
        uint40 startedAt;
        uint40 paidUntil;
        uint32 collected;
        uint32 carried;
    }

    event PlanCreated(uint256 indexed plan, Plan terms);
    event Subscribed(
        uint256 indexed plan, address indexed account, address indexed payer, uint256 periods, uint256 paidUntil
    );
    event Cancelled(uint256 indexed plan, address indexed account, address to, uint256 refunded, uint256 paidUntil);
    event Collected(uint256 indexed plan, address indexed account, uint256 periods, uint256 amount);

    error Subscriptions__UnknownPlan(uint256 plan);
    error Subscriptions__BadPlan(uint256 price, uint256 period);
    error Subscriptions__WrongCurrency(uint256 pool, uint256 currency);
    error Subscriptions__ZeroAddress();
    error Subscriptions__BadRecipient(address to);
    error Subscriptions__ZeroPeriods();
    error Subscriptions__Underpaid(uint256 received, uint256 price);
    error Subscriptions__TooFarAhead(uint256 periods);
    error Subscriptions__NothingToCancel(uint256 plan, address account);
    error Subscriptions__NothingToCollect(uint256 plan, address account);

    /// @notice Creates a plan, whose periods last an hour or more.
    /// @return plan its number, from 1
    function createPlan(address beneficiary, uint8 currency, uint104 price, uint32 period, uint256 pool)
        external
        returns (uint256 plan);

    /// @notice Pays periods of a plan for an account, after those that are paid, to at most ten years from now. Native:
    /// send the price; token: allow this contract the price first.
    function subscribe(uint256 plan, uint256 periods, address account) external payable returns (uint256 paidUntil);

    /// @notice Gives back the caller's periods that have not begun.
    function cancel(uint256 plan, address to) external returns (uint256 refunded);

    /// @notice Moves the price of begun periods to the plan's usage pool, or to its beneficiary. Anybody may call.
    function collect(uint256 plan, address account) external returns (uint256 amount);

    /// @notice A plan's terms.
    function planOf(uint256 plan) external view returns (Plan memory);

    /// @notice An account's subscription.
    function subscriptionOf(uint256 plan, address account) external view returns (Subscription memory);

    /// @notice Whether the account has paid for now.
    function isActive(uint256 plan, address account) external view returns (bool);

    /// @notice Periods that have begun and were not collected.
    function collectable(uint256 plan, address account) external view returns (uint256 periods);
}
