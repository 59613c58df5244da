// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Edge} from "../libraries/Types.sol";

/// @title IRoyaltyLedger
/// @notice Holds all money of all works and lets every holder withdraw what is theirs.
/// @dev Royalty shares are ERC-6909 units, 1,000,000 a work, id = work. Currencies are indices into one append-only
/// list: 0 is the native coin. Amounts are minor units.
interface IRoyaltyLedger {
    /// @notice One edge to pull, in one currency.
    struct Pull {
        uint256 child;
        uint256 edge;
        uint256 currency;
    }

    /// @notice `amount` was credited to the gross of `work`. It came from `payer` through `by`.
    event Deposited(uint256 indexed work, uint256 indexed currency, address indexed payer, address by, uint256 amount);
    /// @notice `child` owes `upstream` parts per million of its gross to `parent`, for ever.
    event EdgeLinked(uint256 indexed child, uint256 indexed parent, uint256 edge, uint256 upstream);
    /// @notice An at-once registration gave way; its edges are void.
    event EdgesCleared(uint256 indexed child);
    /// @notice `amount` of the child's gross was credited to the gross of its parent.
    event Pulled(uint256 indexed child, uint256 indexed parent, uint256 indexed currency, uint256 edge, uint256 amount);
    /// @notice `holder` withdrew `amount` that `work` had earned for its shares.
    event Claimed(uint256 indexed work, uint256 indexed currency, address indexed holder, address to, uint256 amount);
    /// @notice A token may be used as `currency` from now on.
    event CurrencyAdded(uint256 indexed currency, address indexed token);
    /// @notice ERC-6909.
    event Transfer(
        address caller, address indexed sender, address indexed receiver, uint256 indexed id, uint256 amount
    );
    /// @notice ERC-6909.
    event OperatorSet(address indexed owner, address indexed spender, bool approved);
    /// @notice ERC-6909.
    event Approval(address indexed owner, address indexed spender, uint256 indexed id, uint256 amount);

    error RoyaltyLedger__ZeroAmount();
    error RoyaltyLedger__ZeroAddress();
    error RoyaltyLedger__WrongValue(uint256 sent, uint256 expected);
    error RoyaltyLedger__UnknownCurrency(uint256 currency);
    error RoyaltyLedger__TooManyCurrencies();
    error RoyaltyLedger__CurrencyExists(address token);
    error RoyaltyLedger__NotAToken(address token);
    error RoyaltyLedger__GrossOverflow(uint256 work, uint256 currency, uint256 gross);
    error RoyaltyLedger__UnknownEdge(uint256 child, uint256 edge);
    error RoyaltyLedger__NothingToPull(uint256 child, uint256 edge, uint256 currency);
    error RoyaltyLedger__NothingToClaim(address holder, uint256 currency);
    error RoyaltyLedger__PaymentFailed(address to, uint256 currency, uint256 amount);
    error RoyaltyLedger__InsufficientShares(address holder, uint256 work, uint256 units, uint256 wanted);
    error RoyaltyLedger__InsufficientAllowance(address owner, address spender, uint256 work, uint256 wanted);
    error RoyaltyLedger__NotFinal(uint256 work, uint256 finalAt);
    error RoyaltyLedger__NotRegistry(address caller);
    error RoyaltyLedger__NotLicensing(address caller);

    /// @notice Credits the caller's money to a work. Native: send exactly `amount`; token: allow the ledger `amount`
    /// first.
    /// @return credited minor units that really arrived (M4)
    function deposit(uint256 work, uint256 currency, uint256 amount) external payable returns (uint256 credited);

    /// @notice As `deposit`, with the money of `payer`. Licensing only, on the payer's call or signature.
    function depositFrom(address payer, uint256 work, uint256 currency, uint256 amount)
        external
        payable
        returns (uint256 credited);

    /// @notice Moves what `child` owes to its `edge`-th parent. Anybody may call.
    /// @return moved minor units credited to the parent
    function pull(uint256 child, uint256 edge, uint256 currency) external returns (uint256 moved);

    /// @notice Many pulls in the given order; those with nothing to move are passed over.
    function pullMany(Pull[] calldata pulls) external;

    /// @notice Pays the caller what its shares of `works` have earned in `currency`, in one transfer.
    function claim(uint256[] calldata works, uint256 currency, address to) external returns (uint256 amount);

    /// @notice `pullMany`, then `claim`.
    function pullAndClaim(Pull[] calldata pulls, uint256[] calldata works, uint256 currency, address to)
        external
        returns (uint256 amount);

    /// @notice Writes the edges of a child, replacing those of a registration that gave way. Registry only.
    function link(uint256 child, Edge[] calldata edges) external;

    /// @notice Writes all shares of `work` to `holder`, who had them implicitly. Registry only, before a title
    /// changes hands.
    function issue(uint256 work, address holder) external;

    /// @notice Appends a token to the list of currencies; at most three.
    function addCurrency(address token) external returns (uint256 currency);

    /// @notice What `holder` could claim now, edges not yet pulled left aside.
    function claimable(uint256 work, uint256 currency, address holder) external view returns (uint256);

    /// @notice What a pull of this edge would move now.
    function pullable(uint256 child, uint256 edge, uint256 currency) external view returns (uint256);

    /// @notice Everything that was credited to a work, pulls included.
    function grossOf(uint256 work, uint256 currency) external view returns (uint256);

    /// @notice What belongs to the shares of a work: gross less everything owed upstream.
    function netOf(uint256 work, uint256 currency) external view returns (uint256);

    /// @notice The `edge`-th debt of a child.
    function edgeOf(uint256 child, uint256 edge) external view returns (Edge memory);

    /// @notice Token of a currency; zero for the native coin.
    function currencyAt(uint256 currency) external view returns (address token);

    /// @notice Number of currencies, the native coin included.
    function currencyCount() external view returns (uint256);

    /// @notice ERC-6909: units of `work` that `owner` holds, implicit ones included.
    function balanceOf(address owner, uint256 work) external view returns (uint256);

    /// @notice ERC-6909.
    function allowance(address owner, address spender, uint256 work) external view returns (uint256);

    /// @notice ERC-6909.
    function isOperator(address owner, address spender) external view returns (bool);

    /// @notice ERC-6909. Revenue credited before the transfer stays with the sender (M6).
    function transfer(address receiver, uint256 work, uint256 units) external returns (bool);

    /// @notice ERC-6909.
    function transferFrom(address sender, address receiver, uint256 work, uint256 units) external returns (bool);

    /// @notice ERC-6909.
    function approve(address spender, uint256 work, uint256 units) external returns (bool);

    /// @notice ERC-6909.
    function setOperator(address spender, bool approved) external returns (bool);
}
