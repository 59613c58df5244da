// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {ILicensing} from "../interfaces/ILicensing.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {IWorkRegistry} from "../interfaces/IWorkRegistry.sol";
import {Pausable} from "../libraries/Pausable.sol";
import {Edge, Purchase, Terms} from "../libraries/Types.sol";
import {Licences} from "./Licences.sol";
import {Orders} from "./Orders.sol";

/// @title Licensing
/// @notice Sells licences, extends them, takes them back, and lets them permit derivatives.
/// @dev Rules of rights R1–R7 are stated in docs/SPECIFICATION.md; functions name those they uphold. The offer book
/// says what may be sold; money goes straight to the ledger. Reentrancy (R7): the effects of a sale precede its
/// payment, and licences are minted without a receiver callback.
contract Licensing is Pausable, Orders {
    /// @dev How far a derivative may be sold.
    struct Limits {
        uint256 sellUntil;
        uint64 capScope;
    }

    /// @dev How far ahead of now a renewal may reach: ten years.
    uint256 private constant MAX_AHEAD = 3650 days;

    IWorkRegistry public immutable REGISTRY;
    IRoyaltyLedger public immutable LEDGER;

    constructor(address admin, IWorkRegistry registry, IRoyaltyLedger ledger, IOfferBook book)
        Pausable(admin)
        Licences(book)
    {
        REGISTRY = registry;
        LEDGER = ledger;
    }

    /// @inheritdoc ILicensing
    function buy(Purchase calldata purchase, address recipient)
        external
        payable
        whenRunning
        returns (uint256 licence)
    {
        return _sell(BOOK.take(purchase), purchase.quantity, msg.sender, recipient, "");
    }

    /// @inheritdoc ILicensing
    /// @dev R4, M4: the ledger takes exactly the sum of the prices, of every currency, or undoes the sales.
    function buyMany(Purchase[] calldata purchases, address recipient)
        external
        payable
        whenRunning
        returns (uint256[] memory licences)
    {
        licences = new uint256[](purchases.length);
        IRoyaltyLedger.Payment[] memory payments = new IRoyaltyLedger.Payment[](purchases.length);
        for (uint256 i; i < licences.length; ++i) {
            Purchase calldata purchase = purchases[i];
            IOfferBook.Sale memory sale = BOOK.take(purchase);
            uint256 quantity = purchase.quantity;
            licences[i] = _grant(sale, quantity, msg.sender, recipient);
            IRoyaltyLedger.Payment memory p = payments[i];
            (p.work, p.currency, p.amount, p.heldFor) = (sale.work, sale.currency, sale.price * quantity, sale.heldFor);
        }
        LEDGER.depositMany{value: msg.value}(msg.sender, payments);
    }

    /// @inheritdoc ILicensing
    function buyQuote(IOfferBook.Quote calldata quote, bytes calldata signature, address recipient)
        external
        payable
        whenRunning
        returns (uint256 licence)
    {
        (licence,) = _sellQuote(quote, signature, msg.sender, recipient, "");
    }

    /// @inheritdoc ILicensing
    /// @dev R4: the order names the quote's digest and the most that it pays. R6: the nonce is used before anything
    /// is paid.
    function fulfil(
        IOfferBook.Quote calldata quote,
        bytes calldata quoteSignature,
        Order calldata order,
        bytes calldata orderSignature,
        Permit calldata permit
    ) external whenRunning returns (uint256 licence) {
        _requireQuote(quote, order);
        _requireSignature(order.buyer, _useOrder(order), orderSignature);
        if (permit.deadline != 0) _permit(order.buyer, quote.currency, permit);
        return _sellOrdered(quote, quoteSignature, order, "");
    }

    /// @inheritdoc ILicensing
    /// @dev The token checks the buyer's signature, whose nonce binds the order. Threat: a free licence, for which the
    /// token would never be asked, so that anybody could use up a buyer's nonces.
    function fulfilAuthorized(
        IOfferBook.Quote calldata quote,
        bytes calldata quoteSignature,
        Order calldata order,
        Authorization calldata a
    ) external whenRunning returns (uint256 licence) {
        _requireQuote(quote, order);
        bytes32 digest = _useOrder(order);
        if (quote.price == 0) revert Licensing__BadSignature(order.buyer, digest);
        bytes memory authorization = abi.encode(a.validAfter, a.validBefore, digest, a.v, a.r, a.s);
        return _sellOrdered(quote, quoteSignature, order, authorization);
    }

    /// @inheritdoc ILicensing
    function renewSubscription(uint256 licence, uint64 duration) external payable whenRunning {
        (, uint256 offer, uint256 expiry) = _requireManaged(licence);
        _requireKept(licence);
        expiry += duration;
        if (expiry > block.timestamp + MAX_AHEAD) revert Licensing__TooFarAhead(licence, expiry);
        IOfferBook.Sale memory sale = BOOK.takeRenewal(offer, duration, uint40(expiry));
        _extend(licence, offer, expiry);
        emit LicenceRenewed(licence, sale.work, msg.sender, sale.price, expiry);
        _requireSpent(_pay(msg.sender, sale.work, sale.currency, sale.price, 0, "", msg.value));
    }

    /// @inheritdoc ILicensing
    /// @dev Threat: an approved account that takes the money. It goes to the holder, whoever calls.
    function refund(uint256 licence) external {
        (address holder, uint256 offer,) = _requireManaged(licence);
        uint256 day = _records[licence].refundableFor;
        if (!_isRefundable(day)) revert Licensing__NotRefundable(licence);
        (IOfferBook.Offer memory o,) = _offerAndTerms(offer);
        _burn(licence);
        emit LicenceRefunded(licence, o.work, holder, o.price);
        if (o.price != 0) LEDGER.refund(o.work, o.currency, day, o.price, holder);
    }

    /// @inheritdoc ILicensing
    /// @dev R5: a live permit from every parent. The registry calls before the child exists, so nothing can be sold of
    /// it meanwhile.
    function adapt(uint256 child, address registrant, uint256[] calldata permits, Purchase[] calldata purchases)
        external
        payable
        returns (Edge[] memory edges, uint256 spent)
    {
        if (msg.sender != address(REGISTRY)) revert Licensing__NotRegistry(msg.sender);
        edges = new Edge[](permits.length + purchases.length);
        Limits memory limits = Limits(NEVER, type(uint64).max);
        uint256 left = msg.value;
        for (uint256 i; i < edges.length; ++i) {
            Edge memory edge = edges[i];
            if (i < permits.length) _usePermit(permits[i], child, registrant, edge, limits);
            else left = _usePurchase(purchases[i - permits.length], child, registrant, edge, limits, left);
            left = _pay(registrant, edge.parent, edge.currency, edge.guarantee, 0, "", left);
        }
        if (limits.sellUntil != NEVER || limits.capScope != type(uint64).max) {
            BOOK.limit(child, uint40(limits.sellUntil), limits.capScope);
        }
        if (left != 0) SafeTransferLib.safeTransferETH(msg.sender, left);
        return (edges, msg.value - left);
    }

    /// @inheritdoc ILicensing
    function isRenewable(uint256 licence) external view returns (bool possible) {
        if (paused() || !_isLive(licence) || _isRefundable(_records[licence].refundableFor)) return false;
        (, uint256 offer, uint256 expiry) = _read(licence);
        (, Terms memory t) = _offerAndTerms(offer);
        expiry += t.duration;
        if (expiry > block.timestamp + MAX_AHEAD) return false;
        (possible,) = BOOK.renewal(offer);
    }

    /// @dev R4: the order names the quote's digest.
    function _sellOrdered(
        IOfferBook.Quote calldata quote,
        bytes calldata signature,
        Order calldata order,
        bytes memory authorization
    ) private returns (uint256 licence) {
        bytes32 digest;
        (licence, digest) = _sellQuote(quote, signature, order.buyer, order.recipient, authorization);
        if (digest != order.quote) revert Licensing__WrongQuote(order.quote, digest);
    }

    function _sellQuote(
        IOfferBook.Quote calldata quote,
        bytes calldata signature,
        address buyer,
        address recipient,
        bytes memory authorization
    ) private returns (uint256 licence, bytes32 digest) {
        (IOfferBook.Sale memory sale, bytes32 taken) = BOOK.takeQuote(quote, signature, buyer);
        return (_sell(sale, 1, buyer, recipient, authorization), taken);
    }

    function _sell(
        IOfferBook.Sale memory sale,
        uint256 quantity,
        address payer,
        address recipient,
        bytes memory authorization
    ) private returns (uint256 licence) {
        licence = _grant(sale, quantity, payer, recipient);
        uint256 amount = sale.price * quantity;
        _requireSpent(_pay(payer, sale.work, sale.currency, amount, sale.heldFor, authorization, msg.value));
    }

    function _grant(IOfferBook.Sale memory sale, uint256 quantity, address payer, address recipient)
        private
        returns (uint256 licence)
    {
        if (recipient == address(0)) revert Licensing__ZeroAddress();
        if (quantity > MAX_BATCH) revert Licensing__QuantityTooLarge(quantity, MAX_BATCH);
        licence = _mintLicences(recipient, quantity, sale);
        emit LicenceSold(
            licence,
            sale.work,
            recipient,
            payer,
            quantity,
            sale.offer,
            sale.terms,
            sale.currency,
            sale.price,
            sale.expiry
        );
    }

    /// @dev M4: the ledger counts what arrives; less than the price undoes the sale.
    /// @param sent native coins that the caller has not spent yet
    /// @return left what remains of them
    function _pay(
        address payer,
        uint256 work,
        uint256 currency,
        uint256 amount,
        uint256 heldFor,
        bytes memory authorization,
        uint256 sent
    ) private returns (uint256 left) {
        if (amount == 0) return sent;
        uint256 value = currency == 0 ? amount : 0;
        if (value > sent) revert Licensing__WrongValue(sent, value);
        uint256 credited = LEDGER.depositFrom{value: value}(payer, work, currency, amount, heldFor, authorization);
        if (credited < amount) revert Licensing__Underpaid(credited, amount);
        return sent - value;
    }

    /// @dev Threat: somebody submits the permit first, so that it fails here. The allowance decides, not the permit.
    function _permit(address buyer, uint256 currency, Permit calldata p) private {
        IERC20Permit token = IERC20Permit(LEDGER.currencyAt(currency));
        try token.permit(buyer, address(LEDGER), p.value, p.deadline, p.v, p.r, p.s) {} catch {}
    }

    /// @dev R3, and against borrowed licences: the registrant holds it, and cannot give it back any more.
    function _usePermit(uint256 licence, uint256 child, address registrant, Edge memory edge, Limits memory limits)
        private
    {
        (address holder, uint256 offer, uint256 expiry) = _requireLive(licence);
        if (holder != registrant) revert Licensing__NotPermitHolder(licence, registrant);
        _requireKept(licence);
        IOfferBook.Permission memory p = BOOK.permissionOf(offer);
        uint256 used = ++_records[licence].derivatives;
        if (used > p.maxDerivatives) revert Licensing__NoDerivativeLeft(licence, p.maxDerivatives);
        emit PermitUsed(licence, child, used);
        _owe(edge, p, expiry, limits);
    }

    /// @dev A sale without a token: what a licence would have permitted once is used up at once. A pause stops it, as
    /// it stops every sale; a permit at hand was sold before.
    function _usePurchase(
        Purchase calldata purchase,
        uint256 child,
        address registrant,
        Edge memory edge,
        Limits memory limits,
        uint256 sent
    ) private returns (uint256 left) {
        _requireRunning();
        if (purchase.quantity > 1) revert Licensing__QuantityTooLarge(purchase.quantity, 1);
        (IOfferBook.Sale memory sale, IOfferBook.Permission memory p) = BOOK.takeFee(purchase);
        if (p.maxDerivatives == 0 || sale.heldFor != 0) revert Licensing__NoDerivatives(sale.offer);
        emit FeePaid(child, sale.work, registrant, sale.offer, sale.terms, sale.currency, sale.price);
        _owe(edge, p, sale.expiry, limits);
        return _pay(registrant, sale.work, sale.currency, sale.price, 0, "", sent);
    }

    function _owe(Edge memory edge, IOfferBook.Permission memory p, uint256 expiry, Limits memory limits) private pure {
        if (!p.lasting) limits.sellUntil = _min(limits.sellUntil, expiry);
        limits.sellUntil = _min(limits.sellUntil, p.sellUntil);
        limits.capScope &= p.capScope;
        (edge.parent, edge.upstream) = (p.work, p.upstream);
        (edge.currency, edge.guarantee, edge.ceiling) = (p.currency, p.guarantee, p.ceiling);
    }

    /// @dev R4. Only a buyer's own transaction can carry coins.
    function _requireQuote(IOfferBook.Quote calldata quote, Order calldata order) private pure {
        if (quote.currency == 0) revert Licensing__NativeOrder();
        if (quote.price > order.maxPrice) revert Licensing__PriceTooHigh(quote.price, order.maxPrice);
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
