// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Economics} from "../libraries/Types.sol";
import {IRoyaltyLedger} from "./IRoyaltyLedger.sol";

/// @title IRightsExchange
/// @notice Sale of titles and of royalty shares, on a seller's signature or by English auction, in any of the ledger's
/// currencies. No admin, no fee; a title's sale pays the royalty of ERC-2981 to the work's inbox.
/// @dev A title alone carries no shares, and shares no title. A seller lets this contract move what it sells:
/// `approve` or `setApprovalForAll` in the registry, `approve` or `setOperator` in the ledger.
interface IRightsExchange {
    /// @notice What is sold.
    enum Asset {
        TITLE,
        SHARES
    }

    /// @notice A seller-signed sale (EIP-712). Whoever pays the price gets the asset, once.
    /// @param seller      who signs, and is paid
    /// @param asset       TITLE or SHARES
    /// @param work        whose title or shares
    /// @param series      current series of the work's shares; a judgement that begins a new one voids the sale
    /// @param units       shares sold, all or none; zero for a title
    /// @param currency    index into the ledger's currency list
    /// @param price       minor units
    /// @param buyer       the only account that may buy, zero for anybody
    /// @param expiry      Unix seconds from which it is void
    /// @param workEpoch   epoch of the work for a title, which every transfer raises; zero for shares
    /// @param signerEpoch epoch of the seller in this contract
    /// @param nonce       any number that the seller has not used
    /// @param advances    `advancesOf` the work for shares; zero for a title
    /// @param pulls       edges that are pulled first, leaf before root, so that the seller has what was earned
    struct Sale {
        address seller;
        Asset asset;
        uint256 work;
        uint8 series;
        uint32 units;
        uint8 currency;
        uint256 price;
        address buyer;
        uint40 expiry;
        uint24 workEpoch;
        uint256 signerEpoch;
        uint256 nonce;
        bytes32 advances;
        IRoyaltyLedger.Pull[] pulls;
    }

    /// @notice What a seller puts up for auction.
    /// @param asset    TITLE or SHARES of the current series
    /// @param work     whose title or shares
    /// @param units    shares sold, all or none; zero for a title
    /// @param currency index into the ledger's currency list
    /// @param reserve  lowest bid, minor units, from 1
    /// @param startsAt Unix seconds from which bids are taken
    /// @param endsAt   Unix seconds from which no bid is taken; moves when one comes in the last ten minutes
    /// @param pulls    edges that are pulled before the shares change hands, leaf before root
    struct Lot {
        Asset asset;
        uint256 work;
        uint32 units;
        uint8 currency;
        uint256 reserve;
        uint40 startsAt;
        uint40 endsAt;
        IRoyaltyLedger.Pull[] pulls;
    }

    /// @notice An auction as it stands.
    /// @param bidder   who bid most, zero before the first bid
    /// @param open     whether it is neither settled nor cancelled
    /// @param series   series of the work's shares when it began
    /// @param bid      highest bid, minor units that arrived
    /// @param advances `advancesOf` the work when it began, for shares
    /// @param pulls    keccak256(abi.encode(lot.pulls))
    struct Auction {
        address seller;
        uint40 startsAt;
        uint40 endsAt;
        Asset asset;
        uint8 currency;
        address bidder;
        uint32 units;
        uint8 series;
        bool open;
        uint256 work;
        uint256 reserve;
        uint256 bid;
        bytes32 advances;
        bytes32 pulls;
    }

    /// @notice Who bought what from whom, for how much.
    struct Deal {
        Asset asset;
        uint256 work;
        uint8 series;
        uint32 units;
        uint8 currency;
        uint256 price;
        address seller;
        address buyer;
    }

    /// @notice `sale` (digest of a signed sale, or number of an auction) was executed. Of the price, `royalty` went
    /// to the work's inbox.
    event RightsSold(
        bytes32 indexed sale, uint256 indexed work, address indexed seller, Deal deal, uint256 royalty
    );
    /// @notice A signed sale was executed, or cancelled by its seller (zero digest).
    event NonceUsed(address indexed seller, uint256 nonce, bytes32 digest);
    /// @notice Every unused sale signed by the account is void.
    event EpochAdvanced(address indexed account, uint256 epoch);
    /// @notice An auction began. Until it is over the asset is in the name of `escrow`.
    event AuctionOpened(
        uint256 indexed auction, uint256 indexed work, address indexed seller, address escrow, uint256 series, Lot lot
    );
    /// @notice A bid is the highest.
    event BidPlaced(uint256 indexed auction, address indexed bidder, uint256 amount, uint256 endsAt);
    /// @notice The winner of an auction that could not be settled in time took the bid back.
    event BidRescinded(uint256 indexed auction, address indexed bidder, uint256 amount);
    /// @notice An auction ended without a sale; what the seller still owns went back.
    event AuctionFailed(uint256 indexed auction, uint256 indexed work, address indexed seller);
    /// @notice `amount`, earned by shares in escrow, was paid to `to` for the seller.
    event EarningsCollected(uint256 indexed auction, uint256 indexed currency, address indexed to, uint256 amount);
    /// @notice `amount` waits to be withdrawn by `account`.
    event Credited(address indexed account, uint256 indexed currency, uint256 amount);
    /// @notice `amount` of what waited for `account` was paid to `to`.
    event Withdrawn(address indexed account, uint256 indexed currency, address indexed to, uint256 amount);

    error RightsExchange__BadAsset(Asset asset, uint256 units);
    error RightsExchange__Expired(uint256 expiry);
    error RightsExchange__WrongBuyer(address buyer, address caller);
    error RightsExchange__WrongEpoch(address account, uint256 epoch);
    error RightsExchange__WrongWorkEpoch(uint256 work, uint256 epoch);
    error RightsExchange__BadSignature(address seller, bytes32 digest);
    error RightsExchange__NonceUsed(address seller, uint256 nonce);
    error RightsExchange__WrongValue(uint256 sent, uint256 expected);
    error RightsExchange__Disputed(uint256 work);
    error RightsExchange__SeriesEnded(uint256 work, uint256 series);
    error RightsExchange__AdvancesChanged(uint256 work, bytes32 advances);
    error RightsExchange__EconomicsChanged(uint256 work);
    error RightsExchange__Underpaid(address to, uint256 amount);
    error RightsExchange__BadAuction(uint256 reserve, uint256 startsAt, uint256 endsAt);
    error RightsExchange__NoAuction(uint256 auction);
    error RightsExchange__NotRunning(uint256 auction, uint256 startsAt, uint256 endsAt);
    error RightsExchange__StillRunning(uint256 auction, uint256 endsAt);
    error RightsExchange__BidTooLow(uint256 amount, uint256 least);
    error RightsExchange__WrongPulls(uint256 auction);
    error RightsExchange__HasBid(uint256 auction, address bidder);
    error RightsExchange__NotBidder(uint256 auction, address caller);
    error RightsExchange__TooEarly(uint256 auction, uint256 from);
    error RightsExchange__NotAllowed(address account, address caller);
    error RightsExchange__BadRecipient(address to);
    error RightsExchange__NothingToWithdraw(address account, uint256 currency);
    error RightsExchange__PaymentFailed(address to, uint256 currency, uint256 amount);

    /// @notice Buys what a seller signed. Native: send exactly the price; token: allow this contract the price first.
    /// Seller and inbox receive what they are due in full, or nothing is sold.
    /// @param economics the work's economics that the buyer relies on; the sale is off when they are others by now, of
    /// shares when they protect less
    function buy(Sale calldata sale, bytes calldata signature, Economics calldata economics) external payable;

    /// @notice Voids one signed sale of the caller.
    function cancelSale(uint256 nonce) external;

    /// @notice Voids every unused sale that the caller signed.
    function advanceEpoch() external;

    /// @notice Puts a title or shares of the caller into escrow and up for auction.
    /// @return auction number of the auction, which depends on the lot: it never means another one
    function openAuction(Lot calldata lot) external returns (uint256 auction);

    /// @notice Bids. The first bid is at least the reserve, every other at least 5 % above the highest. Native: send
    /// exactly `amount`; token: allow this contract `amount` first. Whoever is outbid withdraws.
    function bid(uint256 auction, uint256 amount) external payable;

    /// @notice Ends an auction whose time is over: the asset goes to the highest bidder and the price to the seller,
    /// or, where nobody bid, the asset back. Anybody may call.
    /// @dev While the work is disputed this waits. When a judgement ended the series, nobody gets what was bid on: the
    /// bid goes back, and so does what the seller still owns. When an advance was paid during an auction of shares, the
    /// winner alone may settle, and takes them as they are; from seven days after the end on, settling by anybody gives
    /// bid and shares back.
    /// @param pulls those of the lot; not looked at where nobody bid
    function settle(uint256 auction, IRoyaltyLedger.Pull[] calldata pulls) external;

    /// @notice Takes back the caller's winning bid when the auction is not settled seven days after its end, whatever
    /// the reason: a dispute, edges that cannot be pulled, a title that cannot move. When an advance was paid on the
    /// shares meanwhile, from the end on.
    function rescind(uint256 auction) external;

    /// @notice Ends an auction without bids and returns the asset. Seller only.
    function cancelAuction(uint256 auction) external;

    /// @notice Pays to `to` what shares in escrow earned for the seller, during the auction and until it was settled
    /// (M6), at any time. Seller only, or anybody with the seller as `to`.
    function collect(uint256 auction, uint256 currency, address to) external returns (uint256 amount);

    /// @notice Pays to `to` what waits for `account`. The account only, or anybody with the account as `to`.
    function withdraw(address account, uint256 currency, address to) external returns (uint256 amount);

    /// @notice Digest of the advances that a work's revenue is repaying now; zero when there are none.
    /// @dev Threat: a title's holder who sells shares and, before the buyer has them, lets a friend pay an advance,
    /// takes it as revenue of the shares, and leaves the buyer to repay it. A sale is void once the digest is a new
    /// one.
    function advancesOf(uint256 work) external view returns (bytes32);

    /// @notice An auction as it stands.
    function auctionOf(uint256 auction) external view returns (Auction memory);

    /// @notice Least that the next bid must be.
    function leastBid(uint256 auction) external view returns (uint256);

    /// @notice In whose name an auction's asset is until it is over.
    function escrowOf(uint256 auction) external view returns (address);

    /// @notice What waits for an account.
    function creditOf(address account, uint256 currency) external view returns (uint256);

    /// @notice Current epoch of the sales that `account` signs.
    function epochOf(address account) external view returns (uint256);

    /// @notice Whether the seller has used or cancelled this nonce.
    function isNonceUsed(address seller, uint256 nonce) external view returns (bool);

    /// @notice EIP-712 digest that a seller signs.
    function hashSale(Sale calldata sale) external view returns (bytes32);
}
