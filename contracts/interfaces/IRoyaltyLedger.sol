// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {MerkleSum} from "../libraries/MerkleSum.sol";
import {Edge} from "../libraries/Types.sol";

/// @title IRoyaltyLedger
/// @notice Holds all money of all works and lets every holder withdraw what is theirs.
/// @dev Royalty shares are ERC-6909 units, 1,000,000 a series. The id of a work's first series is the work; a judgement
/// that gives the title to somebody else begins a new one, whose id is `shareId(work, series)`. Currencies are indices
/// into one append-only list: 0 is the native coin. Amounts are minor units.
interface IRoyaltyLedger {
    /// @notice One edge to pull, in one currency.
    struct Pull {
        uint256 child;
        uint256 edge;
        uint256 currency;
    }

    /// @notice What a work is paid.
    /// @param amount  minor units; zero is passed over
    /// @param heldFor UTC day until whose end the money can be refunded, zero to credit it now
    struct Payment {
        uint256 work;
        uint256 currency;
        uint256 amount;
        uint256 heldFor;
    }

    /// @notice An advance as it stands.
    /// @param advancer  who paid it; zero while it waits for one
    /// @param principal minor units paid to the holders of shares
    /// @param rate      parts per million of later net revenue that go to the advancer until the principal is repaid
    /// @param base      net revenue at the time it was paid
    /// @param recouped  minor units that are the advancer's by now
    /// @param withdrawn minor units of those that it has taken out
    struct Advance {
        address advancer;
        uint256 principal;
        uint256 rate;
        uint256 base;
        uint256 recouped;
        uint256 withdrawn;
    }

    /// @notice How a dispute ended.
    enum Outcome {
        REJECT,
        DIVERT,
        RETITLE
    }

    /// @notice `amount` was credited to the gross of `work`. It came from `payer` through `by`.
    event Deposited(uint256 indexed work, uint256 indexed currency, address indexed payer, address by, uint256 amount);
    /// @notice `amount` waits until the end of UTC day `day`, for a refund or for the gross of `work`.
    event Held(uint256 indexed work, uint256 indexed currency, address indexed payer, uint256 day, uint256 amount);
    /// @notice What waited for `day` was credited to the gross of `work`.
    event Released(uint256 indexed work, uint256 indexed currency, uint256 indexed day, uint256 amount);
    /// @notice `amount` of what waited for `day` went back to a buyer.
    event Refunded(uint256 indexed work, uint256 indexed currency, address indexed to, uint256 day, uint256 amount);
    /// @notice `child` owes `upstream` parts per million of its gross to `parent`, for ever.
    event EdgeLinked(
        uint256 indexed child,
        uint256 indexed parent,
        uint256 edge,
        uint256 upstream,
        uint256 currency,
        uint256 guarantee,
        uint256 ceiling
    );
    /// @notice A registration gave way; its edges are void.
    event EdgesCleared(uint256 indexed child);
    /// @notice `amount` of the child's gross was credited to the gross of its parent; `kept` stays with the child,
    /// because of a guarantee or a ceiling.
    event Pulled(
        uint256 indexed child,
        uint256 indexed parent,
        uint256 indexed currency,
        uint256 edge,
        uint256 amount,
        uint256 kept
    );
    /// @notice `holder` was paid `amount` that its shares of series `id` had earned.
    event Claimed(uint256 indexed id, uint256 indexed currency, address indexed holder, address to, uint256 amount);
    /// @notice A push could not pay `holder`; `amount` stays claimable.
    event PushFailed(uint256 indexed id, uint256 indexed currency, address indexed holder, address to, uint256 amount);
    /// @notice Pushes to `holder` go to `to`; zero: to the holder.
    event PayoutSet(address indexed holder, address to);
    /// @notice The units of series `id` are distributed by a Merkle-sum tree.
    event SharesRooted(uint256 indexed id, bytes32 root);
    /// @notice Leaf `index` of the tree became units of `account`.
    event SharesActivated(uint256 indexed id, address indexed account, uint256 index, uint256 units);
    /// @notice The holder of the title asks for an advance; zero principal withdraws the request.
    event AdvanceRequested(uint256 indexed work, uint256 indexed currency, uint256 principal, uint256 rate);
    /// @notice `advancer` paid an advance to the holders of shares.
    event AdvancePaid(
        uint256 indexed work, uint256 indexed currency, address indexed advancer, uint256 principal, uint256 rate
    );
    /// @notice The advancer took out what was recouped. `to` is the ledger itself when a new advance took the place of
    /// this one, and what was left became the advancer's to claim on the current series.
    event AdvanceWithdrawn(
        uint256 indexed work, uint256 indexed currency, address indexed advancer, address to, uint256 amount
    );
    /// @notice Revenue of `work` waits for a judgement from now on.
    event Frozen(uint256 indexed work);
    /// @notice The dispute ended.
    event Resolved(uint256 indexed work, Outcome outcome, address indexed winner);
    /// @notice `amount`, credited while the dispute was open, is the winner's to claim.
    event Diverted(uint256 indexed work, uint256 indexed currency, address indexed winner, uint256 amount);
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
    error RoyaltyLedger__WrongReceipt(uint256 received, uint256 due);
    error RoyaltyLedger__UnknownCurrency(uint256 currency);
    error RoyaltyLedger__TooManyCurrencies();
    error RoyaltyLedger__CurrencyExists(address token);
    error RoyaltyLedger__NotAToken(address token);
    error RoyaltyLedger__GrossOverflow(uint256 work, uint256 currency, uint256 gross);
    error RoyaltyLedger__UnknownEdge(uint256 child, uint256 edge);
    error RoyaltyLedger__NothingToPull(uint256 child, uint256 edge, uint256 currency);
    error RoyaltyLedger__NothingToClaim(address holder, uint256 currency);
    error RoyaltyLedger__PaymentFailed(address to, uint256 currency, uint256 amount);
    error RoyaltyLedger__InsufficientShares(address holder, uint256 id, uint256 units, uint256 wanted);
    error RoyaltyLedger__InsufficientAllowance(address owner, address spender, uint256 id, uint256 wanted);
    error RoyaltyLedger__NotFinal(uint256 work, uint256 finalAt);
    error RoyaltyLedger__NotRegistry(address caller);
    error RoyaltyLedger__NotLicensing(address caller);
    error RoyaltyLedger__NotDisputes(address caller);
    error RoyaltyLedger__NotHolder(uint256 work, address caller);
    error RoyaltyLedger__TooManyHolders(uint256 holders);
    error RoyaltyLedger__InsufficientGas(uint256 left, uint256 needed);
    error RoyaltyLedger__StillHeld(uint256 work, uint256 currency, uint256 day);
    error RoyaltyLedger__NothingHeld(uint256 work, uint256 currency, uint256 day);
    error RoyaltyLedger__AlreadyIssued(uint256 work);
    error RoyaltyLedger__NoRoot(uint256 id);
    error RoyaltyLedger__BadProof(uint256 id, bytes32 root);
    error RoyaltyLedger__AlreadyActivated(uint256 id, uint256 index);
    error RoyaltyLedger__BadAdvance(uint256 principal, uint256 rate);
    error RoyaltyLedger__AdvanceOpen(uint256 work, uint256 currency);
    error RoyaltyLedger__NoAdvance(uint256 work, uint256 currency);
    error RoyaltyLedger__NotAdvancer(uint256 work, uint256 currency, address caller);
    error RoyaltyLedger__Disputed(uint256 work);
    error RoyaltyLedger__NotDisputed(uint256 work);

    /// @notice Credits the caller's money to a work. Native: send exactly `amount`; token: allow the ledger `amount`
    /// first.
    /// @return credited minor units that really arrived (M4)
    function deposit(uint256 work, uint256 currency, uint256 amount) external payable returns (uint256 credited);

    /// @notice `deposit`, then pulls the named edges of `work`, so that the parents are credited in the same call.
    function depositAndPull(uint256 work, uint256 currency, uint256 amount, uint256[] calldata edges)
        external
        payable
        returns (uint256 credited);

    /// @notice As `deposit`, with the money of `payer`. Licensing only, on the payer's call or signature.
    /// @param heldFor       UTC day until whose end the money can be refunded, zero to credit it now
    /// @param authorization ERC-3009 authorization, abi.encode(validAfter, validBefore, nonce, v, r, s); empty: the
    ///                      allowance is used
    function depositFrom(
        address payer,
        uint256 work,
        uint256 currency,
        uint256 amount,
        uint256 heldFor,
        bytes calldata authorization
    ) external payable returns (uint256 credited);

    /// @notice Many payments with the money of `payer`, by its allowances, in one transfer of each token. What arrives
    /// must be exactly their sum. Licensing only, on the payer's call.
    function depositMany(address payer, Payment[] calldata payments) external payable;

    /// @notice Credits to `work` what was held for a UTC day that is over. Anybody may call.
    function release(uint256 work, uint256 currency, uint256 day) external returns (uint256 amount);

    /// @notice Pays a buyer back from what is held. Licensing only.
    function refund(uint256 work, uint256 currency, uint256 day, uint256 amount, address to) external;

    /// @notice Moves what `child` owes to its `edge`-th parent. Anybody may call.
    /// @return moved minor units credited to the parent
    function pull(uint256 child, uint256 edge, uint256 currency) external returns (uint256 moved);

    /// @notice Many pulls in the given order; those with nothing to move are passed over.
    function pullMany(Pull[] calldata pulls) external;

    /// @notice Pays the caller what its shares of `ids` have earned in `currency`, in one transfer.
    function claim(uint256[] calldata ids, uint256 currency, address to) external returns (uint256 amount);

    /// @notice `pullMany`, then `claim`.
    function pullAndClaim(Pull[] calldata pulls, uint256[] calldata ids, uint256 currency, address to)
        external
        returns (uint256 amount);

    /// @notice Pays up to 32 holders what their shares of `id` have earned, each at its payout address. Anybody may
    /// call. Whoever cannot be paid keeps the claim; the others are paid.
    /// @dev Threat: a caller who leaves a payee too little gas to keep its books. Each payment needs 150,000 at hand.
    function push(uint256 id, uint256 currency, address[] calldata holders) external returns (uint256 paid);

    /// @notice Sets where pushes to the caller go; zero: to the caller. The ledger: nobody can push to the caller, who
    /// claims: for contracts that keep accounts of their own.
    function setPayout(address to) external;

    /// @notice Writes the edges of a child, replacing those of a registration that gave way. Registry only.
    function link(uint256 child, Edge[] calldata edges) external;

    /// @notice Writes all shares of the current series of `work` to `holder`, who had them implicitly. Registry only,
    /// before a title changes hands.
    function issue(uint256 work, address holder) external;

    /// @notice Distributes the first series of a new work by a Merkle-sum tree, or forgets it when the registration
    /// gave way (zero). Registry only.
    function root(uint256 work, bytes32 shareRoot) external;

    /// @notice Distributes all shares of the caller's work, which it holds implicitly, by a Merkle-sum tree.
    /// @dev What was earned before stays with the caller. Leaf: keccak256(bytes.concat(keccak256(abi.encode(index,
    /// account, units)))); node: keccak256(abi.encode(left hash, left sum, right hash, right sum)); the sum at the root
    /// must be exactly 1,000,000, so no tree can promise more.
    function distribute(uint256 work, bytes32 shareRoot) external;

    /// @notice Turns a leaf of the tree into units, with all that they earned since. Anybody may call for anybody.
    function activate(
        uint256 id,
        uint256 index,
        address account,
        uint256 units,
        MerkleSum.Sibling[] calldata proof
    ) external;

    /// @notice Asks for an advance on the caller's work (zero principal: withdraws the request); at most half of the
    /// revenue may repay it.
    function requestAdvance(uint256 work, uint256 currency, uint256 principal, uint256 rate) external;

    /// @notice Pays the requested advance, whose conditions the caller repeats, to the holders of shares.
    function payAdvance(uint256 work, uint256 currency, uint256 principal, uint256 rate) external payable;

    /// @notice Pays the caller what its advance has recouped. No other claim waits for it.
    function withdrawAdvance(uint256 work, uint256 currency, address to) external returns (uint256 amount);

    /// @notice Lets revenue credited from now on wait for a judgement. Disputes only.
    function freeze(uint256 work) external;

    /// @notice Ends a dispute: revenue credited while it was open goes to the holders (REJECT), to `winner` (DIVERT),
    /// or title and a new series of shares, with that revenue, go to `winner` (RETITLE). Disputes only.
    function resolve(uint256 work, Outcome outcome, address winner) external;

    /// @notice Appends a token to the list of currencies; at most three.
    function addCurrency(address token) external returns (uint256 currency);

    /// @notice What `holder` could claim now, edges not yet pulled left aside.
    function claimable(uint256 id, uint256 currency, address holder) external view returns (uint256);

    /// @notice What a pull of this edge would credit to the parent now.
    function pullable(uint256 child, uint256 edge, uint256 currency) external view returns (uint256);

    /// @notice Everything that was credited to a work, pulls included.
    function grossOf(uint256 work, uint256 currency) external view returns (uint256);

    /// @notice What is left of the gross after everything owed upstream.
    function netOf(uint256 work, uint256 currency) external view returns (uint256);

    /// @notice What the 1,000,000 units of series `id` have earned together.
    function indexOf(uint256 id, uint256 currency) external view returns (uint256);

    /// @notice What waits for the end of a UTC day.
    function heldOf(uint256 work, uint256 currency, uint256 day) external view returns (uint256);

    /// @notice The advance on a work: requested, being recouped, or repaid and not yet replaced.
    function advanceOf(uint256 work, uint256 currency) external view returns (Advance memory);

    /// @notice The `edge`-th debt of a child.
    function edgeOf(uint256 child, uint256 edge) external view returns (Edge memory);

    /// @notice Id of a series of shares: the work for series 0, else keccak256(abi.encode(work, series)) >> 64.
    /// @dev Threat: a work registered under the id of another work's next series. No work has an id below 2¹⁹².
    function shareId(uint256 work, uint256 series) external pure returns (uint256);

    /// @notice Root of the tree that distributes series `id`; zero when there is none.
    function rootOf(uint256 id) external view returns (bytes32);

    /// @notice Whether a leaf became units.
    function isActivated(uint256 id, uint256 index) external view returns (bool);

    /// @notice Where pushes to `holder` go.
    function payoutOf(address holder) external view returns (address);

    /// @notice Token of a currency; zero for the native coin.
    function currencyAt(uint256 currency) external view returns (address token);

    /// @notice Number of currencies, the native coin included.
    function currencyCount() external view returns (uint256);

    /// @notice ERC-6909: units of `id` that `owner` holds, implicit ones included.
    function balanceOf(address owner, uint256 id) external view returns (uint256);

    /// @notice ERC-6909.
    function allowance(address owner, address spender, uint256 id) external view returns (uint256);

    /// @notice ERC-6909.
    function isOperator(address owner, address spender) external view returns (bool);

    /// @notice ERC-6909. Revenue credited before the transfer stays with the sender (M6); edges not yet pulled, and
    /// revenue that waits for a judgement, go with the units.
    function transfer(address receiver, uint256 id, uint256 units) external returns (bool);

    /// @notice ERC-6909.
    function transferFrom(address sender, address receiver, uint256 id, uint256 units) external returns (bool);

    /// @notice ERC-6909.
    function approve(address spender, uint256 id, uint256 units) external returns (bool);

    /// @notice ERC-6909.
    function setOperator(address spender, bool approved) external returns (bool);
}
