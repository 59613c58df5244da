// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {Account, Accounts} from "../libraries/Account.sol";
import {Title} from "../libraries/Types.sol";
import {RoyaltyAccounts} from "./RoyaltyAccounts.sol";

/// @title Advances
/// @notice Money paid to the holders of shares now, and repaid out of a part of what they earn later.
/// @dev One at a time per (work, currency). A request stands only while no advance is being recouped, so that a
/// payment finds the former one repaid.
abstract contract Advances is RoyaltyAccounts {
    uint256 private constant MAX_RATE = 500_000;

    /// @inheritdoc IRoyaltyLedger
    function requestAdvance(uint256 work, uint256 currency, uint256 principal, uint256 rate) external {
        Title memory title = _title(work);
        if (title.holder != msg.sender) revert RoyaltyLedger__NotHolder(work, msg.sender);
        Book storage b = _book(work, currency);
        if (principal != 0) {
            if (principal > type(uint96).max || rate == 0 || rate > MAX_RATE) {
                revert RoyaltyLedger__BadAdvance(principal, rate);
            }
            currencyAt(currency);
            _requireFinal(work, title);
            _requireUndisputed(work, title);
            if (_recouped(b) != b.adjustment.principal) revert RoyaltyLedger__AdvanceOpen(work, currency);
        }
        b.request = Request(uint96(principal), uint24(rate), title.epoch);
        emit AdvanceRequested(work, currency, principal, rate);
    }

    /// @inheritdoc IRoyaltyLedger
    /// @dev M4: less than the principal reverts. All state is read after the token was called.
    function payAdvance(uint256 work, uint256 currency, uint256 principal, uint256 rate)
        external
        payable
        nonReentrant
    {
        uint256 received = _receive(msg.sender, currency, principal, msg.data[:0]);
        if (received != principal) revert RoyaltyLedger__WrongValue(received, principal);
        Book storage b = _book(work, currency);
        _useRequest(b, work, currency, principal, rate);
        Account a = b.account;
        if (a.isBlank()) a = _opened(work);
        b.account = a.mark(Accounts.ADJUSTED);

        Adjustment storage adjustment = b.adjustment;
        _requireRoom(work, currency, a.gross() + adjustment.added + principal);
        _creditRemainder(adjustment, work, currency);
        adjustment.added += uint112(principal);
        adjustment.removed += adjustment.principal;
        adjustment.rate = uint24(rate);
        adjustment.base = uint112(a.net());
        adjustment.principal = uint96(principal);
        adjustment.advancer = msg.sender;
        adjustment.withdrawn = 0;
        emit AdvancePaid(work, currency, msg.sender, principal, rate);
    }

    /// @inheritdoc IRoyaltyLedger
    function withdrawAdvance(uint256 work, uint256 currency, address to)
        external
        nonReentrant
        returns (uint256 amount)
    {
        _requireAddress(to);
        Book storage b = _book(work, currency);
        Adjustment storage adjustment = b.adjustment;
        if (adjustment.rate == 0) revert RoyaltyLedger__NoAdvance(work, currency);
        if (adjustment.advancer != msg.sender) revert RoyaltyLedger__NotAdvancer(work, currency, msg.sender);
        uint256 recouped = _recouped(b);
        amount = recouped - adjustment.withdrawn;
        if (amount == 0) revert RoyaltyLedger__NothingToClaim(msg.sender, currency);
        adjustment.withdrawn = uint96(recouped);
        emit AdvanceWithdrawn(work, currency, msg.sender, to, amount);
        _pay(to, currency, amount);
    }

    /// @inheritdoc IRoyaltyLedger
    function advanceOf(uint256 work, uint256 currency) external view returns (Advance memory advance) {
        Book storage b = _book(work, currency);
        Request storage r = b.request;
        if (r.principal != 0 && r.epoch == _title(work).epoch) {
            (advance.principal, advance.rate) = (r.principal, r.rate);
        } else {
            Adjustment storage paid = b.adjustment;
            (advance.advancer, advance.principal, advance.rate) = (paid.advancer, paid.principal, paid.rate);
            (advance.base, advance.recouped, advance.withdrawn) = (paid.base, _recouped(b), paid.withdrawn);
        }
    }

    function _useRequest(Book storage b, uint256 work, uint256 currency, uint256 principal, uint256 rate) private {
        Title memory title = _title(work);
        _requireUndisputed(work, title);
        Request storage r = b.request;
        if (r.principal == 0 || r.epoch != title.epoch) revert RoyaltyLedger__NoAdvance(work, currency);
        if (r.principal != principal || r.rate != rate) revert RoyaltyLedger__BadAdvance(principal, rate);
        delete b.request;
    }

    /// @dev What the former advancer has not withdrawn becomes a claim: sending it could fail, and block the advance.
    function _creditRemainder(Adjustment storage adjustment, uint256 work, uint256 currency) private {
        uint256 remainder = adjustment.principal - adjustment.withdrawn;
        if (remainder == 0) return;
        _assign(_currentOf(work), currency, adjustment.advancer, remainder);
        emit AdvanceWithdrawn(work, currency, adjustment.advancer, address(this), remainder);
    }
}
