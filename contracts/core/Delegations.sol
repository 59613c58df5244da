// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {Bounds, Title} from "../libraries/Types.sol";
import {OfferTerms} from "./OfferTerms.sol";

/// @title Delegations
/// @notice The part of the offer book that lets a pricing key quote for a title's holder.
/// @dev Threat: a stolen pricing key. It sells at most `perDay` licences a day, between floor and ceiling, until the
/// expiry, and no exclusives.
abstract contract Delegations is OfferTerms {
    /// @dev One slot. Its key binds the work's epoch, so it ends when the title changes hands.
    struct Delegation {
        uint104 floor;
        uint104 ceiling;
        uint24 expiryHour;
        uint24 perDay;
    }

    /// @dev Licences that a delegate sold on one UTC day; written when it first sells.
    struct Quota {
        uint24 day;
        uint24 sold;
    }

    mapping(bytes32 key => Delegation) private _delegations;
    mapping(bytes32 key => Quota) private _quotas;

    /// @inheritdoc IOfferBook
    function setBounds(uint256 work, Bounds calldata bounds) external {
        Title memory title = _titleOf(work);
        _requireHolder(work, title);
        _setBounds(work, title, bounds);
    }

    function _setBounds(uint256 work, Title memory title, Bounds memory b) internal {
        if (b.floor > b.ceiling) revert OfferBook__BadBounds(b.floor, b.ceiling);
        if (_requireTerms(b.terms).exclusive) revert OfferBook__ExclusiveNeedsQuote(b.terms);
        uint256 hour = uint256(b.expiry) / 1 hours;
        if (hour > type(uint24).max) hour = type(uint24).max;
        _delegations[_key(work, title.epoch, b.delegate, b.terms, b.currency)] =
            Delegation(b.floor, b.ceiling, uint24(hour), b.perDay);
        emit BoundsSet(
            work, title.holder, b.delegate, b.terms, b.currency, b.floor, b.ceiling, hour * 1 hours, b.perDay
        );
    }

    /// @dev Counts a licence that the delegate's quote sells.
    function _useDelegation(Quote memory q) internal {
        bytes32 key = _key(q.work, q.workEpoch, q.seller, q.terms, q.currency);
        Delegation memory d = _delegations[key];
        if (block.timestamp / 1 hours >= d.expiryHour) revert OfferBook__NoMandate(q.work, q.seller);
        if (q.price < d.floor || q.price > d.ceiling) revert OfferBook__OutOfBounds(q.price, d.floor, d.ceiling);
        Quota memory quota = _quotas[key];
        uint24 today = uint24(block.timestamp / 1 days);
        uint256 sold = quota.day == today ? quota.sold : 0;
        if (sold >= d.perDay) revert OfferBook__DailyCapReached(q.seller, d.perDay);
        _quotas[key] = Quota(today, uint24(sold + 1));
    }

    function _key(uint256 work, uint256 epoch, address delegate, uint256 terms, uint256 currency)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(work, epoch, delegate, terms, currency));
    }
}
