// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {ILicensing} from "../interfaces/ILicensing.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {Cid} from "../libraries/Cid.sol";
import {ConsecutiveERC721} from "../libraries/ConsecutiveERC721.sol";
import {Scope} from "../libraries/Scope.sol";
import {Terms} from "../libraries/Types.sol";

/// @title Licences
/// @notice What was sold: tokens that expire, who may use them, and how their holder ends them. A part of Licensing.
/// @dev A licence is one slot: its holder (160 bits) and 96 bits, high to low: expiry 40 | offer 56. A second slot is
/// written once it is refundable, seated, or used as a permit.
abstract contract Licences is ILicensing, ConsecutiveERC721 {
    /// @dev One slot.
    /// @param derivatives   derivatives that it permitted
    /// @param refundableFor UTC day until whose end it can be given back, zero: not at all
    /// @param seats         accounts with a seat
    /// @param seating       rises when a transfer ends all seats
    struct Record {
        uint32 derivatives;
        uint32 refundableFor;
        uint16 seats;
        uint32 seating;
    }

    /// @dev Expiry of what never expires.
    uint256 internal constant NEVER = type(uint40).max;
    uint256 private constant OFFER_BITS = 56;

    IOfferBook public immutable BOOK;

    mapping(uint256 licence => Record) internal _records;
    mapping(uint256 licence => mapping(uint256 seating => mapping(address account => bool))) private _seats;

    constructor(IOfferBook book) {
        BOOK = book;
    }

    /// @inheritdoc ILicensing
    function cancelSubscription(uint256 licence) external payable {
        _requireSpent(msg.value);
        (, uint256 offer,) = _requireManaged(licence);
        _extend(licence, offer, block.timestamp);
    }

    /// @inheritdoc ILicensing
    /// @dev Threat: a seat of the zero address, which a gate would take for a signature that failed to recover.
    function setSeat(uint256 licence, address account, bool taken) external {
        if (account == address(0)) revert Licensing__ZeroAddress();
        (address holder, uint256 offer,) = _requireLicence(licence);
        if (holder != msg.sender) revert Licensing__NotLicenceHolder(licence, msg.sender);
        Record storage r = _records[licence];
        mapping(address account => bool) storage seated = _seats[licence][r.seating];
        if (seated[account] == taken) revert Licensing__SeatUnchanged(licence, account);
        seated[account] = taken;
        if (taken) {
            (, Terms memory t) = _offerAndTerms(offer);
            if (r.seats >= t.seats) revert Licensing__NoSeatLeft(licence, t.seats);
            ++r.seats;
        } else {
            --r.seats;
        }
        emit SeatSet(licence, holder, account, taken);
    }

    /// @inheritdoc ILicensing
    function isLive(uint256 licence) external view returns (bool) {
        return _isLive(licence);
    }

    /// @inheritdoc ILicensing
    function allows(uint256 licence, uint64 scope) public view returns (bool) {
        if (!_isLive(licence)) return false;
        (, uint256 offer,) = _read(licence);
        (, Terms memory t) = _offerAndTerms(offer);
        return Scope.covers(t.scope, scope);
    }

    /// @inheritdoc ILicensing
    function mayUse(uint256 licence, address account, uint64 scope) external view returns (bool) {
        bool its = account == _ownerOf(licence) || _seats[licence][_records[licence].seating][account];
        return its && allows(licence, scope);
    }

    /// @inheritdoc ILicensing
    function licenceOf(uint256 licence) external view returns (Licence memory) {
        (address holder, uint256 offer, uint256 expiry) = _requireLicence(licence);
        (IOfferBook.Offer memory o,) = _offerAndTerms(offer);
        Record storage r = _records[licence];
        return Licence(holder, o.work, uint56(offer), o.terms, uint40(expiry), r.derivatives, r.refundableFor);
    }

    /// @inheritdoc ILicensing
    function expiresAt(uint256 licence) external view returns (uint64) {
        (,, uint256 expiry) = _requireLicence(licence);
        return uint64(expiry);
    }

    /// @inheritdoc ILicensing
    function seatsTaken(uint256 licence) external view returns (uint256) {
        return _records[licence].seats;
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
        (, uint256 offer,) = _requireLicence(licence);
        (, Terms memory t) = _offerAndTerms(offer);
        return Cid.uri(t.text);
    }

    /// @notice ERC-165: ERC-721 and its metadata, ERC-5643.
    function supportsInterface(bytes4 id) public view override returns (bool) {
        return id == 0x8c65f84d || super.supportsInterface(id);
    }

    function _mintLicences(address holder, uint256 quantity, IOfferBook.Sale memory sale)
        internal
        returns (uint256 licence)
    {
        licence = _mintConsecutive(holder, quantity, _pack(sale.offer, sale.expiry));
        if (sale.heldFor == 0) return licence;
        for (uint256 i; i < quantity; ++i) {
            _records[licence + i].refundableFor = sale.heldFor;
        }
    }

    function _extend(uint256 licence, uint256 offer, uint256 expiry) internal {
        _setExtraData(licence, _pack(offer, expiry));
        emit SubscriptionUpdate(licence, uint64(expiry));
    }

    /// @dev R4: nobody pays more than the price, not even by mistake.
    function _requireSpent(uint256 left) internal view {
        if (left != 0) revert Licensing__WrongValue(msg.value, msg.value - left);
    }

    /// @dev A live licence that is the caller's, who holds it or is approved.
    function _requireManaged(uint256 licence) internal view returns (address holder, uint256 offer, uint256 expiry) {
        (holder, offer, expiry) = _requireLive(licence);
        if (!_isApprovedOrOwner(msg.sender, licence)) revert Licensing__NotLicenceHolder(licence, msg.sender);
    }

    function _requireLicence(uint256 licence) internal view returns (address holder, uint256 offer, uint256 expiry) {
        (holder, offer, expiry) = _read(licence);
        if (holder == address(0)) revert Licensing__UnknownLicence(licence);
    }

    /// @dev R3: an expired licence proves nothing.
    function _requireLive(uint256 licence) internal view returns (address holder, uint256 offer, uint256 expiry) {
        (holder, offer, expiry) = _requireLicence(licence);
        if (block.timestamp >= expiry) revert Licensing__NotLive(licence);
    }

    /// @dev Threat: somebody who uses a licence and then gives it back.
    function _requireKept(uint256 licence) internal view {
        uint256 untilDay = _records[licence].refundableFor;
        if (_isRefundable(untilDay)) revert Licensing__Refundable(licence, untilDay);
    }

    function _isRefundable(uint256 untilDay) internal view returns (bool) {
        return block.timestamp / 1 days <= untilDay;
    }

    function _isLive(uint256 licence) internal view returns (bool) {
        (address holder,, uint256 expiry) = _read(licence);
        return holder != address(0) && block.timestamp < expiry;
    }

    function _offerAndTerms(uint256 offer) internal view returns (IOfferBook.Offer memory, Terms memory) {
        return BOOK.offerAndTerms(offer);
    }

    function _read(uint256 licence) internal view returns (address holder, uint256 offer, uint256 expiry) {
        uint256 packed = _packedOf(licence);
        return (address(uint160(packed)), uint56(packed >> 160), packed >> (160 + OFFER_BITS));
    }

    function _pack(uint256 offer, uint256 expiry) private pure returns (uint96) {
        return uint96(expiry << OFFER_BITS | offer);
    }

    /// @dev Threat: a seat that the former holder gave, and that the new one does not know of.
    function _beforeTokenTransfer(address from, address to, uint256 licence) internal override {
        super._beforeTokenTransfer(from, to, licence);
        if (from == address(0) || to == address(0)) return;
        (, uint256 offer,) = _requireLicence(licence);
        (, Terms memory t) = _offerAndTerms(offer);
        if (!t.transferable) revert Licensing__NotTransferable(licence);
        Record storage r = _records[licence];
        if (r.seats == 0) return;
        r.seats = 0;
        ++r.seating;
    }
}
