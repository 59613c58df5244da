// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {EIP712} from "solady/utils/EIP712.sol";
import {SignatureCheckerLib} from "solady/utils/SignatureCheckerLib.sol";

import {ILicensing} from "../interfaces/ILicensing.sol";
import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {IWorkRegistry} from "../interfaces/IWorkRegistry.sol";
import {Pausable} from "../libraries/Pausable.sol";
import {Shares} from "../libraries/Shares.sol";
import {Bounds, Listing, Terms, Title} from "../libraries/Types.sol";

/// @title Offers
/// @notice What may be sold: terms, listings, delegates and their bounds, seller-signed quotes. The first half of
/// Licensing.
/// @dev An offer never changes; a quote becomes one when it is first used. Listings and quotes name the work's epoch,
/// which rises when the title changes hands, so a new holder inherits none.
abstract contract Offers is ILicensing, EIP712, Pausable {
    /// @dev A delegate's authority; its key binds the work's epoch, so it ends when the title changes hands.
    struct Delegation {
        uint104 floor;
        uint104 ceiling;
        uint40 expiry;
    }

    /// @dev Licences sold by a delegate's quotes on one UTC day.
    struct Quota {
        uint32 perDay;
        uint32 sold;
        uint24 day;
    }

    /// @dev A quote that was used: its offer, and how often.
    struct QuoteUse {
        uint56 offer;
        uint32 sold;
    }

    bytes32 private constant QUOTE_TYPEHASH = keccak256(
        "Quote(uint256 work,address seller,uint32 terms,uint8 currency,uint104 price,address buyer,"
        "uint32 maxQuantity,uint40 expiry,uint24 workEpoch,uint256 signerEpoch,bytes32 basis)"
    );
    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "Order(address buyer,address recipient,bytes32 quote,"
        "uint256 maxPrice,uint40 expiry,uint256 epoch,uint256 nonce)"
    );

    IWorkRegistry public immutable REGISTRY;
    IRoyaltyLedger public immutable LEDGER;

    uint88 internal _licenceCount; // shares the slot of Pausable's flag, which every sale reads anyway
    uint32 private _termsCount;
    uint56 private _offerCount; // shares the slot of _termsCount

    mapping(uint256 terms => Terms) internal _terms;
    mapping(bytes32 digest => uint256) private _termsNumbers;
    mapping(uint256 offer => Offer) internal _offers;
    mapping(bytes32 digest => QuoteUse) private _quotes;
    mapping(bytes32 key => Delegation) private _delegations;
    mapping(bytes32 key => Quota) private _quotas;
    mapping(address account => uint256) private _epochs;

    constructor(IWorkRegistry registry, IRoyaltyLedger ledger) {
        REGISTRY = registry;
        LEDGER = ledger;
    }

    /// @inheritdoc ILicensing
    function registerTerms(Terms calldata content) external returns (uint256 number) {
        if (content.upstream > Shares.MAX_UPSTREAM) revert Licensing__BadTerms(content.upstream);
        bytes32 digest = keccak256(abi.encode(content));
        if (_termsNumbers[digest] != 0) revert Licensing__TermsExist(_termsNumbers[digest]);
        number = ++_termsCount;
        _terms[number] = content;
        _termsNumbers[digest] = number;
        emit TermsRegistered(number, digest, content);
    }

    /// @inheritdoc ILicensing
    function list(uint256 work, Listing calldata listing) external returns (uint256 offer) {
        return _makeOffer(work, listing, _requireHolder(work).epoch, 0);
    }

    /// @inheritdoc ILicensing
    function close(uint256 offer) external {
        Offer memory o = _requireOffer(offer);
        if (o.quoted) revert Licensing__UnknownOffer(offer);
        _requireHolder(o.work);
        _offers[offer].closed = true;
        emit OfferClosed(offer);
    }

    /// @inheritdoc ILicensing
    function setBounds(uint256 work, Bounds calldata bounds) external {
        Title memory title = _requireHolder(work);
        _setBounds(work, title, bounds);
    }

    /// @inheritdoc ILicensing
    function publish(uint256 work, Listing[] calldata listings, Bounds[] calldata bounds) external {
        if (msg.sender != address(REGISTRY)) revert Licensing__NotRegistry(msg.sender);
        Title memory title = REGISTRY.titleOf(work);
        for (uint256 i; i < listings.length; ++i) {
            _makeOffer(work, listings[i], title.epoch, 0);
        }
        for (uint256 i; i < bounds.length; ++i) {
            _setBounds(work, title, bounds[i]);
        }
    }

    /// @inheritdoc ILicensing
    function advanceEpoch() external {
        emit EpochAdvanced(msg.sender, ++_epochs[msg.sender]);
    }

    /// @inheritdoc ILicensing
    function offerOf(uint256 offer) external view returns (Offer memory) {
        return _requireOffer(offer);
    }

    /// @inheritdoc ILicensing
    function termsOf(uint256 terms) external view returns (Terms memory) {
        _requireTerms(terms);
        return _terms[terms];
    }

    /// @inheritdoc ILicensing
    function termsNumber(bytes32 digest) external view returns (uint256) {
        return _termsNumbers[digest];
    }

    /// @inheritdoc ILicensing
    function epochOf(address account) external view returns (uint256) {
        return _epochs[account];
    }

    /// @inheritdoc ILicensing
    function hashQuote(Quote calldata quote) public view returns (bytes32) {
        return _hashTypedData(keccak256(abi.encode(QUOTE_TYPEHASH, quote)));
    }

    /// @inheritdoc ILicensing
    function hashOrder(Order calldata order) public view returns (bytes32) {
        return _hashTypedData(keccak256(abi.encode(ORDER_TYPEHASH, order)));
    }

    /// @dev R6: the digest binds chain, contract, work epoch and signer epoch. A quote with a buyer or a quantity is
    /// counted.
    function _acceptQuote(Quote calldata q, bytes32 digest, bytes calldata signature, Title memory title)
        internal
        returns (uint256 offer)
    {
        if (block.timestamp >= q.expiry) revert Licensing__Expired(q.expiry);
        if (q.workEpoch != title.epoch) revert Licensing__WrongWorkEpoch(q.work, title.epoch);
        _requireEpoch(q.seller, q.signerEpoch);
        _requireSignature(q.seller, digest, signature);
        if (q.seller != title.holder) _useDelegation(q);

        QuoteUse memory use = _quotes[digest];
        offer = use.offer;
        if (offer == 0) offer = _makeOffer(q.work, Listing(q.terms, q.currency, q.price), title.epoch, digest);
        uint256 most = q.maxQuantity == 0 && q.buyer != address(0) ? 1 : q.maxQuantity;
        if (most != 0 && use.sold >= most) revert Licensing__SoldOut(digest, most);
        if (most != 0 || use.offer == 0) _quotes[digest] = QuoteUse(uint56(offer), use.sold + 1);
    }

    function _requireFinal(uint256 work) internal view returns (Title memory title) {
        title = REGISTRY.titleOf(work);
        if (block.timestamp < title.finalAt) revert Licensing__NotFinal(work, title.finalAt);
    }

    function _requireOffer(uint256 offer) internal view returns (Offer memory o) {
        o = _offers[offer];
        if (o.terms == 0) revert Licensing__UnknownOffer(offer);
    }

    function _requireEpoch(address account, uint256 epoch) internal view {
        if (_epochs[account] != epoch) revert Licensing__WrongEpoch(account, _epochs[account]);
    }

    function _requireSignature(address signer, bytes32 digest, bytes calldata signature) internal view {
        if (!SignatureCheckerLib.isValidSignatureNowCalldata(signer, digest, signature)) {
            revert Licensing__BadSignature(signer, digest);
        }
    }

    function _makeOffer(uint256 work, Listing memory listing, uint24 epoch, bytes32 quote)
        private
        returns (uint256 offer)
    {
        _requireTerms(listing.terms);
        LEDGER.currencyAt(listing.currency);
        offer = ++_offerCount;
        _offers[offer] = Offer(work, listing.terms, listing.currency, listing.price, epoch, quote != 0, false);
        emit OfferMade(offer, work, listing.terms, listing.currency, listing.price, quote);
    }

    function _setBounds(uint256 work, Title memory title, Bounds calldata b) private {
        if (b.floor > b.ceiling) revert Licensing__BadBounds(b.floor, b.ceiling);
        _requireTerms(b.terms);
        bytes32 key = _delegationKey(work, title.epoch, b.delegate, b.terms, b.currency);
        _delegations[key] = Delegation(b.floor, b.ceiling, b.expiry);
        _quotas[key].perDay = b.perDay;
        emit BoundsSet(work, title.holder, b.delegate, b.terms, b.currency, b.floor, b.ceiling, b.expiry, b.perDay);
    }

    /// @dev Threat: a stolen pricing key. It sells at most `perDay` licences a day, inside the bounds, until the
    /// expiry.
    function _useDelegation(Quote calldata q) private {
        bytes32 key = _delegationKey(q.work, q.workEpoch, q.seller, q.terms, q.currency);
        Delegation memory d = _delegations[key];
        if (block.timestamp >= d.expiry) revert Licensing__NoMandate(q.work, q.seller);
        if (q.price < d.floor || q.price > d.ceiling) revert Licensing__OutOfBounds(q.price, d.floor, d.ceiling);
        Quota memory quota = _quotas[key];
        uint24 today = uint24(block.timestamp / 1 days);
        if (quota.day != today) (quota.day, quota.sold) = (today, 0);
        if (quota.sold >= quota.perDay) revert Licensing__DailyCapReached(q.seller, quota.perDay);
        ++quota.sold;
        _quotas[key] = quota;
    }

    function _requireHolder(uint256 work) private view returns (Title memory title) {
        title = REGISTRY.titleOf(work);
        if (title.holder != msg.sender) revert Licensing__NotHolder(work, msg.sender);
    }

    function _requireTerms(uint256 terms) private view {
        if (terms == 0 || terms > _termsCount) revert Licensing__UnknownTerms(terms);
    }

    function _delegationKey(uint256 work, uint256 epoch, address delegate, uint256 terms, uint256 currency)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(work, epoch, delegate, terms, currency));
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("Licensing", "1");
    }
}
