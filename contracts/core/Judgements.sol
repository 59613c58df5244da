// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {Account, Accounts} from "../libraries/Account.sol";
import {Title} from "../libraries/Types.sol";
import {RoyaltyShares} from "./RoyaltyShares.sol";

/// @title Judgements
/// @notice What a dispute does to money: revenue credited while it is open waits, and goes where the ruling says.
/// @dev M7: revenue credited before the dispute, and what parents are owed, no ruling reaches.
abstract contract Judgements is RoyaltyShares {
    address public immutable DISPUTES;

    constructor(address disputes) {
        DISPUTES = disputes;
    }

    /// @inheritdoc IRoyaltyLedger
    function freeze(uint256 work) external {
        _requireDisputes();
        Title memory title = _title(work);
        _requireFinal(work, title);
        _requireUndisputed(work, title);
        for (uint256 currency; currency < currencyCount(); ++currency) {
            Book storage b = _book(work, currency);
            Account a = b.account;
            if (a.isBlank()) continue; // frozen at 0 if it earns before the ruling
            b.frozenAt = _recouped(b) << 128 | _earned(b);
            b.account = a.mark(Accounts.FROZEN);
        }
        REGISTRY.markDisputed(work, true);
        emit Frozen(work);
    }

    /// @inheritdoc IRoyaltyLedger
    function resolve(uint256 work, Outcome outcome, address winner) external {
        _requireDisputes();
        Title memory title = _title(work);
        if (!title.disputed) revert RoyaltyLedger__NotDisputed(work);
        if (outcome != Outcome.REJECT) _requireAddress(winner);
        uint256 ended = _currentOf(work);
        uint256 begun = outcome == Outcome.RETITLE ? shareId(work, uint256(title.series) + 1) : ended;
        for (uint256 currency; currency < currencyCount(); ++currency) {
            Book storage b = _book(work, currency);
            Account a = b.account;
            if (!a.has(Accounts.FROZEN)) continue;
            b.account = a.unmark(Accounts.FROZEN);
            if (outcome == Outcome.DIVERT) _divert(b, work, ended, currency, winner);
            else if (outcome == Outcome.RETITLE) _turnOver(b, ended, begun, currency);
        }
        if (outcome == Outcome.RETITLE) _retitle(work, ended, begun, title, winner);
        else REGISTRY.markDisputed(work, false);
        emit Resolved(work, outcome, winner);
    }

    /// @dev V += H − H_open: the index goes on where it stood, and the winner claims the difference.
    function _divert(Book storage b, uint256 work, uint256 id, uint256 currency, address winner) private {
        uint256 amount = _earned(b) - uint128(b.frozenAt);
        if (amount == 0) return;
        b.adjustment.removed += uint112(amount);
        b.account = b.account.mark(Accounts.ADJUSTED);
        _assign(id, currency, winner, amount);
        emit Diverted(work, currency, winner, amount);
    }

    /// @dev The series that ends stays for ever at the index it had when the dispute was opened. So does what its
    /// advance recouped: A becomes R, so H goes on without a step, and the new series owes nothing of it.
    function _turnOver(Book storage b, uint256 ended, uint256 begun, uint256 currency) private {
        (uint256 frozenAt, Line storage line) = (b.frozenAt, _line(ended, currency));
        uint256 index = uint128(frozenAt);
        line.endedAt = index - line.startedAt;
        _line(begun, currency).startedAt = index;
        b.adjustment.principal = uint96(frozenAt >> 128);
        b.account = b.account.mark(Accounts.SPANNED);
    }

    /// @dev What the former holder had implicitly it keeps, as units of the ended series.
    function _retitle(uint256 work, uint256 ended, uint256 begun, Title memory title, address winner) private {
        if (!title.issued) _issue(ended, title.holder);
        _beginSeries(work, begun);
        REGISTRY.retitle(work, winner);
    }

    function _requireDisputes() private view {
        if (msg.sender != DISPUTES) revert RoyaltyLedger__NotDisputes(msg.sender);
    }
}
