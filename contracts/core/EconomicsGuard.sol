// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {EconomicsOrder} from "../libraries/EconomicsOrder.sol";
import {Shares} from "../libraries/Shares.sol";
import {Economics, Listing, Terms, Title} from "../libraries/Types.sol";
import {OfferTerms} from "./OfferTerms.sol";

/// @title EconomicsGuard
/// @notice The part of the offer book that keeps a title's holder from selling below what the share holders agreed to.
abstract contract EconomicsGuard is OfferTerms {
    /// @dev One slot. `nonce` counts the changes. `priorityAt` is that of the title for which they were stated: the
    /// economics of a registration that gave way bind nobody.
    struct Protection {
        uint8 currency;
        uint104 minPrice;
        uint24 minUpstream;
        uint24 quorum;
        uint40 priorityAt;
        uint56 nonce;
    }

    bytes32 private constant ECONOMICS_TYPEHASH =
        keccak256("Economics(uint8 currency,uint104 minPrice,uint24 minUpstream,uint24 quorum)");
    bytes32 private constant CONSENT_TYPEHASH = keccak256(
        "Consent(uint256 work,address holder,Economics economics,uint256 nonce,uint256 epoch,uint256 deadline)"
        "Economics(uint8 currency,uint104 minPrice,uint24 minUpstream,uint24 quorum)"
    );
    uint256 private constant MAX_CONSENTS = 32;

    mapping(uint256 work => Protection) private _protections;

    /// @inheritdoc IOfferBook
    function setEconomics(uint256 work, Economics calldata economics, Consent[] calldata consents) external {
        Title memory title = _titleOf(work);
        _requireHolder(work, title);
        Economics memory present = _economics(work, title);
        if (!EconomicsOrder.atLeast(economics, present)) {
            uint256 units = _consenting(work, LEDGER.shareId(work, title.series), economics, consents);
            uint256 quorum = present.quorum == 0 ? 1 : present.quorum;
            if (units < quorum) revert OfferBook__QuorumMissed(work, units, quorum);
        }
        _setEconomics(work, title, economics);
    }

    /// @inheritdoc IOfferBook
    function economicsOf(uint256 work) external view returns (Economics memory, uint256 nonce) {
        return (_economics(work, _titleOf(work)), _protections[work].nonce);
    }

    /// @inheritdoc IOfferBook
    function hashConsent(
        uint256 work,
        address holder,
        Economics calldata economics,
        uint256 nonce,
        uint256 epoch,
        uint256 deadline
    ) public view returns (bytes32) {
        bytes32 inner = keccak256(abi.encode(ECONOMICS_TYPEHASH, economics));
        return _hashTypedData(keccak256(abi.encode(CONSENT_TYPEHASH, work, holder, inner, nonce, epoch, deadline)));
    }

    function _setEconomics(uint256 work, Title memory title, Economics calldata e) internal {
        if (e.minUpstream > Shares.MAX_UPSTREAM || e.quorum > Shares.UNITS) revert OfferBook__BadEconomics(e);
        _requireCurrency(e.currency);
        uint256 nonce = uint256(_protections[work].nonce) + 1;
        uint40 stamp = title.priorityAt;
        _protections[work] = Protection(e.currency, e.minPrice, e.minUpstream, e.quorum, stamp, uint56(nonce));
        emit EconomicsSet(work, e, nonce);
    }

    /// @dev Threat: terms of the minimum upstream with a ceiling of one minor unit, under which derivatives owe next to
    /// nothing. Where there is a minimum, there is no ceiling.
    function _requireEconomics(uint256 work, Title memory title, Listing memory listing, Terms storage t)
        internal
        view
    {
        Economics memory e = _economics(work, title);
        bool tooCheap = e.minPrice != 0 && (listing.currency != e.currency || listing.price < e.minPrice);
        bool owesTooLittle = e.minUpstream != 0 && (t.upstream < e.minUpstream || t.ceiling != 0);
        if (tooCheap || owesTooLittle) {
            revert OfferBook__BelowEconomics(work, listing.currency, listing.price, t.upstream);
        }
    }

    function _economics(uint256 work, Title memory title) private view returns (Economics memory e) {
        Protection memory p = _protections[work];
        if (p.priorityAt == title.priorityAt) e = Economics(p.currency, p.minPrice, p.minUpstream, p.quorum);
    }

    /// @dev Units of series `id` held by the caller and by those who signed. Threats: one holder counted twice; one
    /// signature that counts for several contracts of the same key, which is why a consent names its holder; an
    /// agreement that is kept until it suits nobody but the caller.
    function _consenting(uint256 work, uint256 id, Economics calldata economics, Consent[] calldata consents)
        private
        view
        returns (uint256 units)
    {
        if (consents.length > MAX_CONSENTS) revert OfferBook__TooManyConsents(consents.length);
        uint256 nonce = _protections[work].nonce;
        units = _unitsOf(msg.sender, id);
        address last;
        for (uint256 i; i < consents.length; ++i) {
            Consent calldata consent = consents[i];
            address holder = consent.holder;
            if (holder <= last || holder == msg.sender) revert OfferBook__ConsentsUnsorted(holder);
            if (block.timestamp > consent.deadline) revert OfferBook__Expired(consent.deadline);
            bytes32 digest = hashConsent(work, holder, economics, nonce, epochOf(holder), consent.deadline);
            _requireSignature(holder, digest, consent.signature);
            units += _unitsOf(holder, id);
            last = holder;
        }
    }

    function _unitsOf(address holder, uint256 id) private view returns (uint256) {
        return LEDGER.balanceOf(holder, id);
    }
}
