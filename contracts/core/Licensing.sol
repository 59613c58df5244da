// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ERC721} from "solady/tokens/ERC721.sol";

import {ILicensing} from "../interfaces/ILicensing.sol";
import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {IWorkRegistry} from "../interfaces/IWorkRegistry.sol";
import {Cid} from "../libraries/Cid.sol";
import {Pausable} from "../libraries/Pausable.sol";
import {Edge, Terms, Title} from "../libraries/Types.sol";
import {Offers} from "./Offers.sol";

/// @title Licensing
/// @notice Sells licences, ERC-721 tokens that expire, and lets them permit derivatives.
/// @dev Rules of rights R3–R7 are stated in docs/SPECIFICATION.md; functions name those they uphold. A licence is one
/// slot: its holder (160 bits) and 96 bits, high to low: expiry 40 | offer 56. The price of a sale goes to the ledger
/// in the same call. Reentrancy (R7): all effects of a sale precede its payment, and licences are minted without a
/// receiver callback.
contract Licensing is Offers, ERC721 {
    uint256 private constant OFFER_BITS = 56;
    uint256 private constant NEVER = type(uint40).max;

    /// @dev How far a derivative may be sold: the earliest expiry and the common scope of its permits.
    struct Limits {
        uint40 sellUntil;
        uint64 capScope;
    }

    mapping(address buyer => mapping(uint256 word => uint256)) private _nonces;
    mapping(uint256 licence => uint256) private _derivatives;
    mapping(uint256 child => Limits) private _limits;

    constructor(address admin, IWorkRegistry registry, IRoyaltyLedger ledger)
        Pausable(admin)
        Offers(registry, ledger)
    {}

    /// @inheritdoc ILicensing
    function buy(uint256 offer, address recipient) external payable whenRunning returns (uint256 licence) {
        Offer memory o = _requireOffer(offer);
        if (o.quoted) revert Licensing__UnknownOffer(offer);
        if (o.closed) revert Licensing__OfferClosed(offer);
        Title memory title = _requireFinal(o.work);
        if (o.workEpoch != title.epoch) revert Licensing__WrongWorkEpoch(o.work, title.epoch);
        return _sell(offer, o, title, msg.sender, recipient);
    }

    /// @inheritdoc ILicensing
    function buyQuote(Quote calldata quote, bytes calldata signature, address recipient)
        external
        payable
        whenRunning
        returns (uint256 licence)
    {
        return _sellQuote(quote, hashQuote(quote), signature, msg.sender, recipient);
    }

    /// @inheritdoc ILicensing
    /// @dev R4: the order names the quote's digest and the most that it pays. R6: the nonce is used before anything
    /// is paid.
    function fulfil(
        Quote calldata quote,
        bytes calldata quoteSignature,
        Order calldata order,
        bytes calldata orderSignature,
        Permit calldata permit
    ) external whenRunning returns (uint256 licence) {
        bytes32 quoteHash = hashQuote(quote);
        if (quoteHash != order.quote) revert Licensing__WrongQuote(order.quote, quoteHash);
        if (quote.price > order.maxPrice) revert Licensing__PriceTooHigh(quote.price, order.maxPrice);
        if (quote.currency == 0) revert Licensing__NativeOrder();
        _useOrder(order, orderSignature);
        if (permit.deadline != 0) _permit(order.buyer, quote.currency, permit);
        return _sellQuote(quote, quoteHash, quoteSignature, order.buyer, order.recipient);
    }

    /// @inheritdoc ILicensing
    function cancelOrder(uint256 nonce) external {
        _useNonce(msg.sender, nonce);
        emit OrderUsed(msg.sender, nonce, 0);
    }

    /// @inheritdoc ILicensing
    /// @dev R5: every permit is live, held by the registrant, and has a derivative left.
    function adapt(uint256 child, address registrant, uint256[] calldata permits)
        external
        returns (Edge[] memory edges)
    {
        if (msg.sender != address(REGISTRY)) revert Licensing__NotRegistry(msg.sender);
        edges = new Edge[](permits.length);
        Limits memory limits = Limits(uint40(NEVER), type(uint64).max);
        for (uint256 i; i < permits.length; ++i) {
            (uint256 parent, Terms storage t, uint256 expiry) = _usePermit(permits[i], child, registrant);
            edges[i] = Edge(parent, t.upstream);
            limits.capScope &= t.scope;
            if (t.lasting) expiry = NEVER;
            expiry = _min(expiry, _sellUntil(parent));
            limits.sellUntil = uint40(_min(expiry, limits.sellUntil));
        }
        _limits[child] = limits;
    }

    /// @inheritdoc ILicensing
    function isLive(uint256 licence) public view returns (bool) {
        return _ownerOf(licence) != address(0) && block.timestamp < _expiry(licence);
    }

    /// @inheritdoc ILicensing
    function licenceOf(uint256 licence) external view returns (Licence memory found) {
        found.holder = _requireLicence(licence);
        found.offer = uint56(_getExtraData(licence));
        found.expiry = uint40(_expiry(licence));
        found.work = _offers[found.offer].work;
        found.terms = _offers[found.offer].terms;
        found.derivatives = uint32(_derivatives[licence]);
    }

    /// @inheritdoc ILicensing
    function expiresAt(uint256 licence) external view returns (uint64) {
        _requireLicence(licence);
        return uint64(_expiry(licence));
    }

    /// @inheritdoc ILicensing
    /// @dev The title decides: limits may be left from a derivative whose registration gave way to an original.
    function limitsOf(uint256 child) external view returns (uint40 sellUntil, uint64 capScope) {
        if (REGISTRY.titleOf(child).parents == 0) return (uint40(NEVER), type(uint64).max);
        return (_limits[child].sellUntil, _limits[child].capScope);
    }

    /// @inheritdoc ILicensing
    function isNonceUsed(address buyer, uint256 nonce) external view returns (bool) {
        return _nonces[buyer][nonce >> 8] & (1 << (nonce & 255)) != 0;
    }

    /// @notice ERC-721.
    function name() public pure override returns (string memory) {
        return "Colophon Licences";
    }

    /// @notice ERC-721.
    function symbol() public pure override returns (string memory) {
        return "LICENCE";
    }

    /// @notice `ipfs://` URI of the terms under which the licence was sold.
    function tokenURI(uint256 licence) public view override returns (string memory) {
        _requireLicence(licence);
        return Cid.uri(_terms[_offers[uint56(_getExtraData(licence))].terms].text);
    }

    /// @dev R3–R5: seller, price and terms stand in the offer; a derivative stays inside its permits.
    function _sell(uint256 offer, Offer memory o, Title memory title, address payer, address recipient)
        private
        returns (uint256 licence)
    {
        if (recipient == address(0)) revert Licensing__ZeroAddress();
        Terms storage t = _terms[o.terms];
        if (title.parents != 0) _requireWithinLimits(o.work, t.scope);
        uint256 duration = t.duration;
        uint256 expiry = duration == 0 ? NEVER : block.timestamp + duration;
        if (expiry > NEVER) expiry = NEVER;

        licence = ++_licenceCount;
        _mintAndSetExtraDataUnchecked(recipient, licence, uint96(expiry << OFFER_BITS | offer));
        emit LicenceSold(licence, o.work, recipient, payer, offer, o.terms, o.currency, o.price, expiry);
        _pay(payer, o);
    }

    function _sellQuote(
        Quote calldata quote,
        bytes32 digest,
        bytes calldata signature,
        address buyer,
        address recipient
    ) private returns (uint256 licence) {
        if (quote.buyer != address(0) && quote.buyer != buyer) revert Licensing__WrongBuyer(quote.buyer, buyer);
        Title memory title = _requireFinal(quote.work);
        uint256 offer = _acceptQuote(quote, digest, signature, title);
        // The quote says the same as its offer, which need not be read again.
        Offer memory o = Offer(quote.work, quote.terms, quote.currency, quote.price, title.epoch, true, false);
        return _sell(offer, o, title, buyer, recipient);
    }

    /// @dev M4: the ledger counts what arrives; less than the price undoes the sale.
    function _pay(address payer, Offer memory o) private {
        uint256 due = o.currency == 0 ? o.price : 0;
        if (msg.value != due) revert Licensing__WrongValue(msg.value, due);
        if (o.price == 0) return;
        uint256 credited = LEDGER.depositFrom{value: due}(payer, o.work, o.currency, o.price);
        if (credited < o.price) revert Licensing__Underpaid(credited, o.price);
    }

    function _useOrder(Order calldata order, bytes calldata signature) private {
        if (block.timestamp >= order.expiry) revert Licensing__Expired(order.expiry);
        _requireEpoch(order.buyer, order.epoch);
        bytes32 digest = hashOrder(order);
        _requireSignature(order.buyer, digest, signature);
        _useNonce(order.buyer, order.nonce);
        emit OrderUsed(order.buyer, order.nonce, digest);
    }

    /// @dev 256 nonces share a slot, so that a buyer's later orders cost a warm-priced update instead of a new slot.
    function _useNonce(address buyer, uint256 nonce) private {
        uint256 mask = 1 << (nonce & 255);
        uint256 word = _nonces[buyer][nonce >> 8];
        if (word & mask != 0) revert Licensing__NonceUsed(buyer, nonce);
        _nonces[buyer][nonce >> 8] = word | mask;
    }

    /// @dev Threat: somebody submits the permit first, so that it fails here. The allowance decides, not the permit.
    function _permit(address buyer, uint256 currency, Permit calldata p) private {
        IERC20Permit token = IERC20Permit(LEDGER.currencyAt(currency));
        try token.permit(buyer, address(LEDGER), p.value, p.deadline, p.v, p.r, p.s) {} catch {}
    }

    function _usePermit(uint256 licence, uint256 child, address registrant)
        private
        returns (uint256 parent, Terms storage t, uint256 expiry)
    {
        if (_requireLicence(licence) != registrant) revert Licensing__NotPermitHolder(licence, registrant);
        expiry = _expiry(licence);
        if (block.timestamp >= expiry) revert Licensing__NotLive(licence);
        Offer storage o = _offers[uint56(_getExtraData(licence))];
        (parent, t) = (o.work, _terms[o.terms]);
        uint256 used = _derivatives[licence] + 1;
        if (used > t.maxDerivatives) revert Licensing__NoDerivativeLeft(licence, t.maxDerivatives);
        _derivatives[licence] = used;
        emit PermitUsed(licence, child, used);
    }

    function _requireLicence(uint256 licence) private view returns (address holder) {
        holder = _ownerOf(licence);
        if (holder == address(0)) revert Licensing__UnknownLicence(licence);
    }

    function _requireWithinLimits(uint256 child, uint64 scope) private view {
        Limits memory limits = _limits[child];
        if (block.timestamp >= limits.sellUntil) revert Licensing__PermitExpired(child, limits.sellUntil);
        if (scope & ~limits.capScope != 0) revert Licensing__ScopeTooWide(child, scope, limits.capScope);
    }

    /// @dev Threat: a child whose time is limited, which lets a grandchild sell for ever in its place.
    function _sellUntil(uint256 parent) private view returns (uint256) {
        return REGISTRY.titleOf(parent).parents == 0 ? NEVER : _limits[parent].sellUntil;
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function _expiry(uint256 licence) private view returns (uint256) {
        return _getExtraData(licence) >> OFFER_BITS;
    }

    function _beforeTokenTransfer(address from, address to, uint256 licence) internal view override {
        if (from == address(0) || to == address(0)) return;
        if (!_terms[_offers[uint56(_getExtraData(licence))].terms].transferable) {
            revert Licensing__NotTransferable(licence);
        }
    }
}
