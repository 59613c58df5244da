// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {ILicensing} from "../interfaces/ILicensing.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {IWorkRegistry} from "../interfaces/IWorkRegistry.sol";
import {Scope} from "../libraries/Scope.sol";
import {Bounds, Economics, Listing, Purchase, Terms, Title} from "../libraries/Types.sol";
import {Delegations} from "./Delegations.sol";
import {EconomicsGuard} from "./EconomicsGuard.sol";
import {Exclusives} from "./Exclusives.sol";
import {OfferTerms} from "./OfferTerms.sol";

/// @title OfferBook
/// @notice What may be sold, and what a sale must obey: Licensing asks before every sale and renewal.
/// @dev Rules of rights R2, R4 and R6 are stated in docs/SPECIFICATION.md; functions name those they uphold. An offer
/// never changes, and a quote becomes one when it is first used. Listings, quotes and delegations name the work's
/// epoch, which rises when the title changes hands, so a new holder inherits none. Nothing outside is called but views
/// (R7).
contract OfferBook is Exclusives, EconomicsGuard, Delegations {
    /// @dev How far a derivative may be sold: the earliest expiry and the common scope of its permits. Not stored,
    /// which a `sellUntil` of zero tells, for one without limit.
    struct Limits {
        uint40 sellUntil;
        uint64 capScope;
    }

    bytes32 private constant QUOTE_TYPEHASH = keccak256(
        "Quote(uint256 work,address seller,uint32 terms,uint8 currency,uint104 price,address buyer,"
        "uint32 maxQuantity,uint40 expiry,uint24 workEpoch,uint256 signerEpoch,uint32 grants,bytes32 basis)"
    );
    uint256 private constant NEVER = type(uint40).max;

    uint256 private _offerCount;

    mapping(uint256 offer => Offer) private _offers;
    mapping(bytes32 digest => uint256 offer) private _quoted;
    mapping(uint256 child => Limits) private _limits;

    constructor(IWorkRegistry registry, IRoyaltyLedger ledger, ILicensing licensing)
        OfferTerms(registry, ledger, licensing)
    {}

    modifier onlyLicensing() {
        _requireLicensing();
        _;
    }

    /// @inheritdoc IOfferBook
    function list(uint256 work, Listing calldata listing) external returns (uint256 offer) {
        Title memory title = _titleOf(work);
        _requireHolder(work, title);
        return _list(work, title, listing);
    }

    /// @inheritdoc IOfferBook
    function close(uint256 offer) external {
        Offer storage o = _requireOffer(offer);
        if (o.quoted) revert OfferBook__UnknownOffer(offer);
        _requireHolder(o.work, _titleOf(o.work));
        o.closed = true;
        emit OfferClosed(offer);
    }

    /// @inheritdoc IOfferBook
    function publish(
        uint256 work,
        Listing[] calldata listings,
        Bounds[] calldata bounds,
        Economics calldata economics
    ) external {
        _requireRegistry();
        Title memory title = _titleOf(work);
        if (economics.minPrice | economics.minUpstream | economics.quorum != 0) _setEconomics(work, title, economics);
        for (uint256 i; i < listings.length; ++i) {
            _list(work, title, listings[i]);
        }
        for (uint256 i; i < bounds.length; ++i) {
            _setBounds(work, title, bounds[i]);
        }
    }

    /// @inheritdoc IOfferBook
    function take(Purchase calldata purchase) external onlyLicensing returns (Sale memory sale) {
        _take(purchase, sale);
    }

    /// @inheritdoc IOfferBook
    function takeFee(Purchase calldata purchase)
        external
        onlyLicensing
        returns (Sale memory sale, Permission memory permission)
    {
        Title memory title = _take(purchase, sale);
        _permit(permission, sale.work, sale.terms, title);
    }

    /// @inheritdoc IOfferBook
    /// @dev R6: the digest binds chain, contract, work epoch and signer epoch. A quote with a buyer or a quantity is
    /// counted. An exclusive has no delegate, since nobody can be given bounds for its terms. Threat: a holder who is
    /// about to lose the title and sells itself the exclusive of ten years.
    function takeQuote(Quote calldata quote, bytes calldata signature, address buyer)
        external
        onlyLicensing
        returns (Sale memory sale, bytes32 digest)
    {
        Quote memory q = quote; // hashing it from memory costs 1,500 gas less than from call data
        digest = hashQuote(q);
        if (q.buyer != address(0) && q.buyer != buyer) revert OfferBook__WrongBuyer(q.buyer, buyer);
        if (block.timestamp >= q.expiry) revert OfferBook__Expired(q.expiry);
        uint256 epoch = epochOf(q.seller);
        if (q.signerEpoch != epoch) revert OfferBook__WrongEpoch(q.seller, epoch);
        Title memory title = _titleOf(q.work);
        _requireSellable(q.work, q.workEpoch, title);
        _requireSignature(q.seller, digest, signature);
        if (q.seller != title.holder) _useDelegation(q);
        // The quote says the same as its offer, which need not be read.
        sale = Sale(_useQuote(q, digest, title), q.work, q.terms, q.currency, q.price, 0, 0);
        (uint64 scope, bool exclusive) = _allow(sale, title);
        if (exclusive) _requireUndisputed(q.work, title);
        _grant(sale, 1, scope, exclusive, q.grants);
    }

    /// @inheritdoc IOfferBook
    function limit(uint256 child, uint40 sellUntil, uint64 capScope) external onlyLicensing {
        _limits[child] = Limits(sellUntil, capScope);
    }

    /// @inheritdoc IOfferBook
    function unlimit(uint256 child) external {
        _requireRegistry();
        delete _limits[child];
    }

    /// @inheritdoc IOfferBook
    function permissionOf(uint256 offer) external view returns (Permission memory permission) {
        Offer storage o = _requireOffer(offer);
        _permit(permission, o.work, o.terms, _titleOf(o.work));
    }

    /// @inheritdoc IOfferBook
    /// @dev R2: what a window reserves is not renewed either, and a renewal is a grant. Threat: an old licence that is
    /// extended by years between the quote of an exclusive and its sale.
    function takeRenewal(uint256 offer, uint256 duration, uint40 expiry)
        external
        onlyLicensing
        returns (Sale memory sale)
    {
        uint64 scope;
        (sale, scope) = _renew(offer, duration, expiry);
        _grant(sale, 1, scope, false, 0);
    }

    /// @inheritdoc IOfferBook
    function previewRenewal(uint256 offer, uint256 duration, uint40 expiry) external view returns (Sale memory sale) {
        uint64 scope;
        (sale, scope) = _renew(offer, duration, expiry);
        _requireFree(sale.work, scope);
    }

    /// @inheritdoc IOfferBook
    function renewal(uint256 offer) external view returns (bool possible, uint256 price) {
        Offer storage o = _requireOffer(offer);
        bytes memory question = abi.encodeCall(IOfferBook.previewRenewal, (offer, _terms[o.terms].duration, 0));
        (possible,) = address(this).staticcall(question);
        price = o.price;
    }

    /// @inheritdoc IOfferBook
    function offerOf(uint256 offer) public view returns (Offer memory) {
        return _requireOffer(offer);
    }

    /// @inheritdoc IOfferBook
    function offerAndTerms(uint256 offer) external view returns (Offer memory o, Terms memory) {
        o = offerOf(offer);
        return (o, termsOf(o.terms));
    }

    /// @inheritdoc IOfferBook
    function contentOf(uint256 offer) external view returns (bytes32) {
        return _content(offerOf(offer));
    }

    /// @inheritdoc IOfferBook
    function limitsOf(uint256 child) public view returns (uint40 sellUntil, uint64 capScope) {
        Limits memory limits = _limits[child];
        if (limits.sellUntil == 0) return (uint40(NEVER), type(uint64).max);
        return (limits.sellUntil, limits.capScope);
    }

    /// @inheritdoc IOfferBook
    function hashQuote(Quote memory quote) public view returns (bytes32) {
        return _hashTypedData(keccak256(abi.encode(QUOTE_TYPEHASH, quote)));
    }

    /// @dev R4: the purchase states what the buyer saw under the offer's number.
    function _take(Purchase calldata purchase, Sale memory sale) private returns (Title memory title) {
        uint256 offer = purchase.offer;
        Offer memory o = _offers[offer];
        if (o.terms == 0 || o.quoted) revert OfferBook__UnknownOffer(offer);
        bytes32 content = _content(o);
        if (purchase.content != content) revert OfferBook__WrongContent(offer, purchase.content, content);
        if (o.closed) revert OfferBook__OfferClosed(offer);
        if (purchase.quantity == 0) revert OfferBook__ZeroQuantity(offer);
        title = _titleOf(o.work);
        _requireSellable(o.work, o.workEpoch, title);
        if (o.supply != 0) _count(offer, purchase.quantity);
        (sale.offer, sale.work, sale.terms, sale.currency, sale.price) = (offer, o.work, o.terms, o.currency, o.price);
        (uint64 scope,) = _allow(sale, title);
        if (o.counted) _grant(sale, purchase.quantity, scope, false, 0);
    }

    /// @dev R3: a sale under the terms of an offer that stands. Of exclusive terms there are no listings.
    function _allow(Sale memory sale, Title memory title) private view returns (uint64 scope, bool exclusive) {
        Terms storage t = _terms[sale.terms];
        uint256 duration;
        uint256 refundDays;
        (scope, duration, refundDays, exclusive) = (t.scope, t.duration, t.refundDays, t.exclusive);
        if (title.parents != 0) _requireWithinLimits(sale.work, scope);
        uint256 expiry = duration == 0 ? NEVER : block.timestamp + duration;
        sale.expiry = uint40(expiry > NEVER ? NEVER : expiry);
        if (refundDays != 0) sale.heldFor = uint32(block.timestamp / 1 days + refundDays);
    }

    /// @dev An extension as it was sold, whole periods at the same price.
    function _renew(uint256 offer, uint256 duration, uint40 expiry) private view returns (Sale memory, uint64 scope) {
        Offer storage o = _requireOffer(offer);
        Terms storage t = _terms[o.terms];
        if (!t.renewable) revert OfferBook__NotRenewable(o.terms);
        uint256 unit = t.duration;
        uint256 price = o.price * (duration / unit);
        if (duration == 0 || duration % unit != 0 || price > type(uint104).max) {
            revert OfferBook__BadDuration(duration, unit);
        }
        scope = t.scope;
        _requireWithinLimits(o.work, scope);
        return (Sale(offer, o.work, o.terms, o.currency, uint104(price), expiry, 0), scope);
    }

    /// @dev The offer of a quote, written at its first use.
    function _useQuote(Quote memory q, bytes32 digest, Title memory title) private returns (uint256 offer) {
        uint32 supply = q.maxQuantity == 0 && q.buyer != address(0) ? 1 : q.maxQuantity;
        offer = _quoted[digest];
        if (offer == 0) {
            Listing memory listing = Listing(q.terms, q.currency, q.price, supply);
            offer = _makeOffer(q.work, title, listing, _requireTerms(q.terms), digest);
            _quoted[digest] = offer;
        }
        if (supply != 0) _count(offer, 1);
    }

    function _list(uint256 work, Title memory title, Listing memory listing) private returns (uint256) {
        Terms storage t = _requireTerms(listing.terms);
        if (t.exclusive) revert OfferBook__ExclusiveNeedsQuote(listing.terms);
        return _makeOffer(work, title, listing, t, 0);
    }

    function _makeOffer(uint256 work, Title memory title, Listing memory listing, Terms storage t, bytes32 quote)
        private
        returns (uint256 offer)
    {
        _requireCurrency(listing.currency);
        _requireEconomics(work, title, listing, t);
        offer = ++_offerCount;
        bool quoted = quote != 0;
        _offers[offer] = Offer(
            work,
            listing.terms,
            listing.currency,
            listing.price,
            title.epoch,
            quoted,
            !quoted && _isCounting(work),
            false,
            listing.supply,
            0
        );
        emit OfferMade(offer, work, listing.terms, listing.currency, listing.price, listing.supply, quote);
    }

    /// @dev R6: an edition, or a quote with a quantity, is used up.
    function _count(uint256 offer, uint32 quantity) private {
        Offer storage o = _offers[offer];
        (uint256 sold, uint256 supply) = (uint256(o.sold) + quantity, o.supply);
        if (sold > supply) revert OfferBook__SoldOut(offer, supply);
        o.sold = uint32(sold);
    }

    function _requireRegistry() private view {
        if (msg.sender != address(REGISTRY)) revert OfferBook__NotRegistry(msg.sender);
    }

    function _requireLicensing() private view {
        if (msg.sender != address(LICENSING)) revert OfferBook__NotLicensing(msg.sender);
    }

    function _requireSellable(uint256 work, uint24 epoch, Title memory title) private view {
        _requireFinal(work, title);
        if (epoch != title.epoch) revert OfferBook__WrongWorkEpoch(work, title.epoch);
    }

    function _requireUndisputed(uint256 work, Title memory title) private pure {
        if (title.disputed) revert OfferBook__Disputed(work);
    }

    function _requireWithinLimits(uint256 work, uint64 scope) private view {
        (uint40 sellUntil, uint64 capScope) = limitsOf(work);
        if (block.timestamp >= sellUntil) revert OfferBook__PermitExpired(work, sellUntil);
        if (!Scope.covers(capScope, scope)) revert OfferBook__ScopeTooWide(work, scope, capScope);
    }

    /// @dev Threats: a child whose time or scope is limited, which lets a grandchild sell without limit in its place; a
    /// parent that is sold off by whoever may lose it.
    function _permit(Permission memory p, uint256 work, uint256 terms, Title memory title) private view {
        _requireUndisputed(work, title);
        Terms storage t = _terms[terms];
        (p.work, p.maxDerivatives, p.upstream) = (work, t.maxDerivatives, t.upstream);
        (p.currency, p.guarantee, p.ceiling) = (t.currency, t.guarantee, t.ceiling);
        (p.lasting, p.sellUntil, p.capScope) = (t.lasting, uint40(NEVER), t.scope);
        if (title.parents == 0) return;
        uint64 capScope;
        (p.sellUntil, capScope) = limitsOf(work);
        p.capScope &= capScope;
    }

    function _requireOffer(uint256 offer) private view returns (Offer storage o) {
        o = _offers[offer];
        if (o.terms == 0) revert OfferBook__UnknownOffer(offer);
    }

    /// @dev R4: the terms by their digest. Threat: other terms under the same number after a reorganisation.
    function _content(Offer memory o) private view returns (bytes32) {
        return keccak256(abi.encode(o.work, _digests[o.terms], uint256(o.currency), uint256(o.price)));
    }
}
