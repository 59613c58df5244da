// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {EIP712} from "solady/utils/EIP712.sol";
import {LibClone} from "solady/utils/LibClone.sol";
import {ReentrancyGuard} from "solady/utils/ReentrancyGuard.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {IRightsExchange} from "../interfaces/IRightsExchange.sol";
import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {IWorkRegistry} from "../interfaces/IWorkRegistry.sol";
import {EconomicsOrder} from "../libraries/EconomicsOrder.sol";
import {SaleHash} from "../libraries/SaleHash.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {Economics, Title} from "../libraries/Types.sol";
import {RightsEscrow} from "./RightsEscrow.sol";

/// @title RightsExchange
/// @notice Sale of titles and of royalty shares, on a seller's signature or by English auction.
/// @dev The balance of each currency is the sum of all highest bids and of all credits. Whoever cannot be paid is
/// credited, so that neither a seller nor a bidder nor a token can hold up somebody else's sale (M3).
contract RightsExchange is IRightsExchange, EIP712, ReentrancyGuard {
    /// @notice Seconds before the end within which a bid moves the end.
    uint256 public constant EXTENSION = 10 minutes;
    /// @notice Seconds after the end from which the winner of an unsettled auction may rescind.
    uint256 public constant SETTLED_WITHIN = 7 days;
    /// @notice Longest time from the opening of an auction to its end.
    uint256 public constant LONGEST = 90 days;

    uint256 private constant INCREMENT_PART = 20; // 5 %
    uint256 private constant PUSH_GAS = 100_000;

    IWorkRegistry public immutable REGISTRY;
    IRoyaltyLedger public immutable LEDGER;
    IOfferBook public immutable BOOK;
    /// @notice What every auction's escrow is a clone of.
    address public immutable ESCROW;

    uint256 private _auctionCount;
    mapping(uint256 auction => Auction) private _auctions;
    mapping(address account => mapping(uint256 currency => uint256)) private _credits;
    mapping(address seller => mapping(uint256 word => uint256)) private _nonces;
    mapping(address account => uint256) private _epochs;

    constructor(IWorkRegistry registry, IRoyaltyLedger ledger) {
        (REGISTRY, LEDGER, BOOK) = (registry, ledger, registry.BOOK());
        ESCROW = address(new RightsEscrow(IERC721(address(registry)), ledger));
    }

    /// @inheritdoc IRightsExchange
    /// @dev R7: the nonce is used before anything is called; the lock holds until everything is paid.
    function buy(Sale calldata sale, bytes calldata signature, Economics calldata economics)
        external
        payable
        nonReentrant
    {
        bytes32 digest = _accept(sale, signature);
        _requireEconomics(sale.asset, sale.work, economics);
        _pull(sale.pulls);
        Deal memory deal = Deal(
            sale.asset, sale.work, sale.series, sale.units, sale.currency, sale.price, sale.seller, msg.sender
        );
        _move(deal, sale.seller, msg.sender);
        (address inbox, uint256 royalty) = _royalty(deal);
        if (sale.currency == 0) {
            _pay(inbox, 0, royalty);
            _pay(sale.seller, 0, sale.price - royalty);
        } else {
            address token = LEDGER.currencyAt(sale.currency);
            if (royalty != 0) _forward(token, inbox, royalty);
            _forward(token, sale.seller, sale.price - royalty);
        }
        emit RightsSold(digest, sale.work, sale.seller, deal, royalty);
    }

    /// @inheritdoc IRightsExchange
    function cancelSale(uint256 nonce) external {
        _useNonce(msg.sender, nonce, 0);
    }

    /// @inheritdoc IRightsExchange
    function advanceEpoch() external {
        emit EpochAdvanced(msg.sender, ++_epochs[msg.sender]);
    }

    /// @inheritdoc IRightsExchange
    /// @dev The pulls are made once now: a list that names an edge which does not exist is refused before anybody bids.
    function openAuction(Lot calldata lot) external nonReentrant returns (uint256 auction) {
        Title memory title = _requireSellable(lot.asset, lot.work, lot.units);
        if (lot.reserve == 0 || lot.endsAt <= block.timestamp || lot.startsAt >= lot.endsAt
                || lot.endsAt > block.timestamp + LONGEST) {
            revert RightsExchange__BadAuction(lot.reserve, lot.startsAt, lot.endsAt);
        }
        LEDGER.currencyAt(lot.currency);
        _pull(lot.pulls);
        auction = uint256(keccak256(abi.encode(msg.sender, ++_auctionCount, lot)));
        _store(auction, lot, title.series);
        address escrow = LibClone.cloneDeterministic(ESCROW, bytes32(auction));
        _move(_deal(_auctions[auction]), msg.sender, escrow);
        if (lot.asset == Asset.SHARES) RightsEscrow(escrow).setPayout(msg.sender);
        emit AuctionOpened(auction, lot.work, msg.sender, escrow, title.series, lot);
    }

    /// @inheritdoc IRightsExchange
    /// @dev M4: a bid counts as what arrived. Threat: a bidder who cannot be paid back; it is credited, never sent.
    function bid(uint256 auction, uint256 amount) external payable nonReentrant {
        Auction storage a = _openAuction(auction);
        (uint256 startsAt, uint256 endsAt, uint256 currency) = (a.startsAt, a.endsAt, a.currency);
        if (block.timestamp < startsAt || block.timestamp >= endsAt) {
            revert RightsExchange__NotRunning(auction, startsAt, endsAt);
        }
        uint256 arrived = _take(currency, amount);
        uint256 least = _leastBid(a);
        if (arrived < least) revert RightsExchange__BidTooLow(arrived, least);
        (address outbid, uint256 returned) = (a.bidder, a.bid);
        (a.bidder, a.bid) = (msg.sender, arrived);
        if (outbid != address(0)) _credit(outbid, currency, returned);
        if (block.timestamp + EXTENSION > endsAt) {
            endsAt = block.timestamp + EXTENSION;
            a.endsAt = uint40(endsAt);
        }
        emit BidPlaced(auction, msg.sender, arrived, endsAt);
    }

    /// @inheritdoc IRightsExchange
    function settle(uint256 auction, IRoyaltyLedger.Pull[] calldata pulls) external nonReentrant {
        Auction storage a = _openAuction(auction);
        if (block.timestamp < a.endsAt) revert RightsExchange__StillRunning(auction, a.endsAt);
        Deal memory deal = _deal(a);
        if (deal.buyer == address(0)) return _fail(auction, deal);
        if (keccak256(abi.encode(pulls)) != a.pulls) revert RightsExchange__WrongPulls(auction);
        Title memory title = REGISTRY.titleOf(deal.work);
        if (title.disputed) revert RightsExchange__Disputed(deal.work);
        if (title.series != deal.series || _isRefused(a, deal)) {
            _credit(deal.buyer, deal.currency, deal.price);
            return _fail(auction, deal);
        }
        a.open = false;
        _pull(pulls);
        _give(auction, deal, deal.buyer);
        (address inbox, uint256 royalty) = _royalty(deal);
        _pay(inbox, deal.currency, royalty);
        _pay(deal.seller, deal.currency, deal.price - royalty);
        emit RightsSold(bytes32(auction), deal.work, deal.seller, deal, royalty);
    }

    /// @inheritdoc IRightsExchange
    /// @dev Threat: a sale that cannot be executed, with the winner's money in it. Whoever wants it executed has seven
    /// days, since anybody may settle; afterwards the auction is one without bids. Shares with a new advance on them
    /// nobody can make the winner take, so it need not wait.
    function rescind(uint256 auction) external nonReentrant {
        Auction storage a = _openAuction(auction);
        if (msg.sender != a.bidder) revert RightsExchange__NotBidder(auction, msg.sender);
        uint256 from = a.endsAt;
        if (_advancesKept(a.asset, a.work, a.advances)) from += SETTLED_WITHIN;
        if (block.timestamp < from) revert RightsExchange__TooEarly(auction, from);
        uint256 amount = a.bid;
        (a.bidder, a.bid) = (address(0), 0);
        _credit(msg.sender, a.currency, amount);
        emit BidRescinded(auction, msg.sender, amount);
    }

    /// @inheritdoc IRightsExchange
    function cancelAuction(uint256 auction) external nonReentrant {
        Auction storage a = _openAuction(auction);
        if (msg.sender != a.seller) revert RightsExchange__NotAllowed(a.seller, msg.sender);
        if (a.bidder != address(0)) revert RightsExchange__HasBid(auction, a.bidder);
        _fail(auction, _deal(a));
    }

    /// @inheritdoc IRightsExchange
    function collect(uint256 auction, uint256 currency, address to) external nonReentrant returns (uint256 amount) {
        Auction storage a = _auctions[auction];
        if (a.seller == address(0)) revert RightsExchange__NoAuction(auction);
        _requireAllowed(a.seller, to);
        uint256[] memory ids = new uint256[](1);
        ids[0] = LEDGER.shareId(a.work, a.series);
        amount = RightsEscrow(escrowOf(auction)).claim(ids, currency, to);
        emit EarningsCollected(auction, currency, to, amount);
    }

    /// @inheritdoc IRightsExchange
    function withdraw(address account, uint256 currency, address to) external nonReentrant returns (uint256 amount) {
        _requireAllowed(account, to);
        amount = _credits[account][currency];
        if (amount == 0) revert RightsExchange__NothingToWithdraw(account, currency);
        delete _credits[account][currency];
        if (!_send(to, currency, amount, gasleft())) revert RightsExchange__PaymentFailed(to, currency, amount);
        emit Withdrawn(account, currency, to, amount);
    }

    /// @inheritdoc IRightsExchange
    function advancesOf(uint256 work) public view returns (bytes32 digest) {
        uint256 count = LEDGER.currencyCount();
        for (uint256 currency; currency < count; ++currency) {
            IRoyaltyLedger.Advance memory a = LEDGER.advanceOf(work, currency);
            if (a.advancer == address(0) || a.recouped == a.principal) continue;
            digest = keccak256(abi.encode(digest, currency, a.advancer, a.principal, a.rate, a.base));
        }
    }

    /// @inheritdoc IRightsExchange
    function auctionOf(uint256 auction) external view returns (Auction memory) {
        return _auctions[auction];
    }

    /// @inheritdoc IRightsExchange
    function leastBid(uint256 auction) external view returns (uint256) {
        return _leastBid(_openAuction(auction));
    }

    /// @inheritdoc IRightsExchange
    function escrowOf(uint256 auction) public view returns (address) {
        return LibClone.predictDeterministicAddress(ESCROW, bytes32(auction), address(this));
    }

    /// @inheritdoc IRightsExchange
    function creditOf(address account, uint256 currency) external view returns (uint256) {
        return _credits[account][currency];
    }

    /// @inheritdoc IRightsExchange
    function epochOf(address account) external view returns (uint256) {
        return _epochs[account];
    }

    /// @inheritdoc IRightsExchange
    function isNonceUsed(address seller, uint256 nonce) external view returns (bool) {
        return _nonces[seller][nonce >> 8] & 1 << (nonce & 255) != 0;
    }

    /// @inheritdoc IRightsExchange
    function hashSale(Sale calldata sale) public view returns (bytes32) {
        return _hashTypedData(SaleHash.hash(sale));
    }

    /// @dev R6: the digest binds chain and contract; expiry, epochs and nonce end it. Threats: an order that outlives
    /// the seller's title and comes alive when the title comes back (epoch of the work); one whose shares a judgement
    /// made worthless, or that a dispute or an advance drains, between the buyer's signature and its block.
    function _accept(Sale calldata sale, bytes calldata signature) private returns (bytes32 digest) {
        address seller = sale.seller;
        if (block.timestamp >= sale.expiry) revert RightsExchange__Expired(sale.expiry);
        if (sale.buyer != address(0) && sale.buyer != msg.sender) {
            revert RightsExchange__WrongBuyer(sale.buyer, msg.sender);
        }
        uint256 expected = sale.currency == 0 ? sale.price : 0;
        if (msg.value != expected) revert RightsExchange__WrongValue(msg.value, expected);
        if (sale.signerEpoch != _epochs[seller]) revert RightsExchange__WrongEpoch(seller, _epochs[seller]);
        digest = hashSale(sale);
        if (!Signatures.check(seller, digest, signature)) revert RightsExchange__BadSignature(seller, digest);
        _useNonce(seller, sale.nonce, digest);

        Title memory title = _requireSellable(sale.asset, sale.work, sale.units);
        if (title.series != sale.series) revert RightsExchange__SeriesEnded(sale.work, sale.series);
        uint256 epoch = sale.asset == Asset.TITLE ? title.epoch : 0;
        if (sale.workEpoch != epoch) revert RightsExchange__WrongWorkEpoch(sale.work, epoch);
        if (!_advancesKept(sale.asset, sale.work, sale.advances)) {
            revert RightsExchange__AdvancesChanged(sale.work, sale.advances);
        }
    }

    function _useNonce(address seller, uint256 nonce, bytes32 digest) private {
        uint256 bit = 1 << (nonce & 255);
        uint256 used = _nonces[seller][nonce >> 8];
        if (used & bit != 0) revert RightsExchange__NonceUsed(seller, nonce);
        _nonces[seller][nonce >> 8] = used | bit;
        emit NonceUsed(seller, nonce, digest);
    }

    function _requireSellable(Asset asset, uint256 work, uint256 units) private view returns (Title memory title) {
        if ((asset == Asset.TITLE) != (units == 0)) revert RightsExchange__BadAsset(asset, units);
        title = REGISTRY.titleOf(work);
        if (title.disputed) revert RightsExchange__Disputed(work);
    }

    /// @dev Advances that were repaid meanwhile are no harm to a buyer.
    function _advancesKept(Asset asset, uint256 work, bytes32 stated) private view returns (bool) {
        if (asset == Asset.TITLE) return stated == 0;
        bytes32 present = advancesOf(work);
        return present == stated || present == 0;
    }

    /// @dev Whether shares go back because of a new advance. Threats: a seller who lets a friend pay one to get out of
    /// a sale below its hopes (the winner may take them as they are), or to keep the money and sell what owes it
    /// (nobody but the winner may settle).
    function _isRefused(Auction storage a, Deal memory deal) private view returns (bool) {
        if (_advancesKept(deal.asset, deal.work, a.advances)) return false;
        if (block.timestamp >= a.endsAt + SETTLED_WITHIN) return true;
        if (msg.sender != deal.buyer) revert RightsExchange__AdvancesChanged(deal.work, a.advances);
        return false;
    }

    /// @dev Threats: a title's holder who loosens what protects the shares that it sells, or tightens what binds the
    /// title, between the buyer's look at it and its block; one who tightens what protects shares, to stop others from
    /// selling theirs.
    function _requireEconomics(Asset asset, uint256 work, Economics calldata expected) private view {
        (Economics memory present,) = BOOK.economicsOf(work);
        bool kept = asset == Asset.SHARES
            ? EconomicsOrder.atLeast(present, expected)
            : keccak256(abi.encode(present)) == keccak256(abi.encode(expected));
        if (!kept) revert RightsExchange__EconomicsChanged(work);
    }

    function _store(uint256 auction, Lot calldata lot, uint8 series) private {
        Auction storage a = _auctions[auction];
        (a.seller, a.startsAt, a.endsAt, a.asset, a.currency) =
            (msg.sender, lot.startsAt, lot.endsAt, lot.asset, lot.currency);
        (a.units, a.series, a.open, a.work, a.reserve) = (lot.units, series, true, lot.work, lot.reserve);
        if (lot.asset == Asset.SHARES) a.advances = advancesOf(lot.work);
        a.pulls = keccak256(abi.encode(lot.pulls));
    }

    function _openAuction(uint256 auction) private view returns (Auction storage a) {
        a = _auctions[auction];
        if (!a.open) revert RightsExchange__NoAuction(auction);
    }

    function _leastBid(Auction storage a) private view returns (uint256) {
        if (a.bidder == address(0)) return a.reserve;
        return a.bid + (a.bid + INCREMENT_PART - 1) / INCREMENT_PART;
    }

    function _deal(Auction storage a) private view returns (Deal memory) {
        return Deal(a.asset, a.work, a.series, a.units, a.currency, a.bid, a.seller, a.bidder);
    }

    /// @dev What the seller no longer owns, a title that a judgement gave to somebody else, stays there.
    function _fail(uint256 auction, Deal memory deal) private {
        _auctions[auction].open = false;
        if (deal.asset == Asset.SHARES || REGISTRY.titleOf(deal.work).holder == escrowOf(auction)) {
            _give(auction, deal, deal.seller);
        }
        emit AuctionFailed(auction, deal.work, deal.seller);
    }

    function _pull(IRoyaltyLedger.Pull[] calldata pulls) private {
        if (pulls.length != 0) LEDGER.pullMany(pulls);
    }

    /// @dev From an account that lets the exchange move the asset.
    function _move(Deal memory deal, address from, address to) private {
        if (deal.asset == Asset.TITLE) {
            IERC721(address(REGISTRY)).transferFrom(from, to, deal.work);
        } else {
            LEDGER.transferFrom(from, to, LEDGER.shareId(deal.work, deal.series), deal.units);
        }
    }

    /// @dev From the escrow.
    function _give(uint256 auction, Deal memory deal, address to) private {
        RightsEscrow escrow = RightsEscrow(escrowOf(auction));
        if (deal.asset == Asset.TITLE) escrow.giveTitle(deal.work, to);
        else escrow.giveShares(LEDGER.shareId(deal.work, deal.series), deal.units, to);
    }

    /// @dev Shares are not the work: their sale owes nothing to it.
    function _royalty(Deal memory deal) private view returns (address inbox, uint256 royalty) {
        if (deal.asset == Asset.TITLE) (inbox, royalty) = REGISTRY.royaltyInfo(deal.work, deal.price);
    }

    /// @dev M4: a token is counted by this contract's own balance.
    function _take(uint256 currency, uint256 amount) private returns (uint256) {
        uint256 expected = currency == 0 ? amount : 0;
        if (msg.value != expected) revert RightsExchange__WrongValue(msg.value, expected);
        if (currency == 0) return amount;
        address token = LEDGER.currencyAt(currency);
        uint256 before = SafeTransferLib.balanceOf(token, address(this));
        SafeTransferLib.safeTransferFrom(token, msg.sender, address(this), amount);
        return SafeTransferLib.balanceOf(token, address(this)) - before;
    }

    /// @dev M4: a token that keeps a part of what it moves would leave the seller or the inbox short.
    function _forward(address token, address to, uint256 amount) private {
        uint256 least = SafeTransferLib.balanceOf(token, to) + (to == msg.sender ? 0 : amount);
        SafeTransferLib.safeTransferFrom(token, msg.sender, to, amount);
        if (SafeTransferLib.balanceOf(token, to) < least) revert RightsExchange__Underpaid(to, amount);
    }

    /// @dev M3: whoever cannot be paid within 100,000 gas, in coins or by the token, is credited.
    function _pay(address to, uint256 currency, uint256 amount) private {
        if (amount != 0 && !_send(to, currency, amount, PUSH_GAS)) _credit(to, currency, amount);
    }

    function _credit(address account, uint256 currency, uint256 amount) private {
        _credits[account][currency] += amount;
        emit Credited(account, currency, amount);
    }

    /// @dev A token may return nothing, true, or anything else; only the first two are payment.
    function _send(address to, uint256 currency, uint256 amount, uint256 stipend) private returns (bool) {
        if (currency == 0) return SafeTransferLib.trySafeTransferETH(to, amount, stipend);
        (bool success, bytes memory answer) = LEDGER.currencyAt(currency)
        .call{gas: stipend}(abi.encodeWithSignature("transfer(address,uint256)", to, amount));
        return success && (answer.length == 0 || (answer.length >= 32 && abi.decode(answer, (uint256)) == 1));
    }

    /// @dev Money that came here, or to nobody, would be nobody's.
    function _requireAllowed(address account, address to) private view {
        if (to == address(0) || to == address(this)) revert RightsExchange__BadRecipient(to);
        if (msg.sender != account && to != account) revert RightsExchange__NotAllowed(account, msg.sender);
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("RightsExchange", "1");
    }
}
