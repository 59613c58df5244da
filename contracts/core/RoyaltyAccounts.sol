// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {IWorkRegistry} from "../interfaces/IWorkRegistry.sol";
import {Account, Accounts} from "../libraries/Account.sol";
import {Shares} from "../libraries/Shares.sol";
import {Titles} from "../libraries/Titles.sol";
import {Title} from "../libraries/Types.sol";
import {Treasury} from "./Treasury.sol";

/// @title RoyaltyAccounts
/// @notice What works have earned, and what a series of shares has of it.
/// @dev Per (work, currency): gross G; net N = G − ⌊G·S/1e6⌋ + back; H = N − ΣR + D − V of docs/SPECIFICATION.md. The
/// index of a series is H, or H as it was when a dispute was opened, less H at its beginning; it never falls. A work
/// without advance, dispute or judgement is one slot, and its index is N.
abstract contract RoyaltyAccounts is Treasury {
    /// @dev Three slots: what makes H differ from N.
    struct Adjustment {
        uint112 added; // D: principals of all advances
        uint112 removed; // principals of the advances that are repaid and replaced, and V
        uint24 rate; // of the present advance; zero: there never was one
        uint112 base; // N when it was paid
        uint96 principal;
        address advancer;
        uint96 withdrawn;
    }

    /// @dev One slot: the advance that the title's holder asks for.
    struct Request {
        uint96 principal;
        uint24 rate;
        uint24 epoch; // of the title; void once that changes
    }

    /// @dev A work in one currency. Most works use the first slot alone.
    struct Book {
        Account account;
        Adjustment adjustment;
        Request request;
        uint256 frozenAt; // when the open dispute began: R 128 | H 128
        mapping(uint256 day => uint256) held; // refundable until the end of that UTC day
    }

    /// @dev A series in one currency.
    struct Line {
        mapping(address holder => uint256) positions; // index 128 | millionths owed up to that index 128
        uint256 startedAt; // H when the series began
        uint256 endedAt; // its index for ever, once it has ended
        uint256 rootedAt; // its index when it was distributed by a tree
    }

    /// @dev A series of shares; `work` is zero for the first one.
    struct Series {
        uint256 work;
        mapping(address holder => uint256) units;
        mapping(uint256 currency => Line) lines;
        bytes32 root;
        mapping(uint256 word => uint256) activated;
    }

    uint256 private constant MAX_GROSS = 2 ** 108 - 1;
    uint256 private constant SERIES_BITS = 192;

    IWorkRegistry public immutable REGISTRY;

    mapping(uint256 work => mapping(uint256 currency => Book)) private _books;
    mapping(uint256 work => uint256 id) private _current;
    mapping(uint256 id => Series) internal _series;

    constructor(address admin, IWorkRegistry registry) Treasury(admin) {
        REGISTRY = registry;
    }

    /// @inheritdoc IRoyaltyLedger
    function grossOf(uint256 work, uint256 currency) external view returns (uint256) {
        return _book(work, currency).account.gross();
    }

    /// @inheritdoc IRoyaltyLedger
    function netOf(uint256 work, uint256 currency) external view returns (uint256) {
        return _book(work, currency).account.net();
    }

    /// @inheritdoc IRoyaltyLedger
    function indexOf(uint256 id, uint256 currency) external view returns (uint256) {
        return _index(id, currency);
    }

    /// @inheritdoc IRoyaltyLedger
    function shareId(uint256 work, uint256 series) public pure returns (uint256) {
        return series == 0 ? work : uint256(keccak256(abi.encode(work, series))) >> (256 - SERIES_BITS);
    }

    function _book(uint256 work, uint256 currency) internal view returns (Book storage) {
        return _books[work][currency];
    }

    function _line(uint256 id, uint256 currency) internal view returns (Line storage) {
        return _series[id].lines[currency];
    }

    /// @dev Work of a series. Only the ids of later series are that small, which the registry refuses for works.
    function _workOf(uint256 id) internal view returns (uint256 work) {
        if (id >> SERIES_BITS != 0) return id;
        work = _series[id].work;
        return work == 0 ? id : work;
    }

    /// @dev Current series of a work.
    function _currentOf(uint256 work) internal view returns (uint256 id) {
        id = _current[work];
        return id == 0 ? work : id;
    }

    function _beginSeries(uint256 work, uint256 id) internal {
        _series[id].work = work;
        _current[work] = id;
    }

    /// @dev The title is asked once per (work, currency), and must be final: before that it may still give way.
    function _credit(uint256 work, uint256 currency, uint256 amount) internal {
        Book storage b = _book(work, currency);
        Account a = b.account;
        if (a.isBlank()) a = _opened(work);
        uint256 added = a.has(Accounts.ADJUSTED) ? b.adjustment.added : 0;
        _requireRoom(work, currency, a.gross() + amount + added);
        b.account = a.plusGross(amount);
    }

    /// @dev A dispute that is open froze the account at 0, and a series that ended did so at 0.
    function _opened(uint256 work) internal view returns (Account) {
        Title memory title = _title(work);
        _requireFinal(work, title);
        return Accounts.opened(title.upstream, title.disputed, title.series != 0);
    }

    /// @dev Lets somebody claim `amount` minor units of a series without any units of it.
    function _assign(uint256 id, uint256 currency, address holder, uint256 amount) internal {
        _line(id, currency).positions[holder] += amount * Shares.UNITS;
    }

    /// @dev Credits what `units` have earned up to `index`, and `more` millionths. Called before units change; touches
    /// no token (M6).
    function _settle(Line storage line, address holder, uint256 units, uint256 index, uint256 more) internal {
        uint256 position = line.positions[holder];
        if (position >> 128 == index && more == 0) return;
        unchecked {
            line.positions[holder] = index << 128 | _owed(position, units, index) + more;
        }
    }

    function _index(uint256 id, uint256 currency) internal view returns (uint256) {
        uint256 work = _workOf(id);
        Book storage b = _book(work, currency);
        Account a = b.account;
        if (a.isPlain()) return a.net();
        uint256 start;
        if (a.has(Accounts.SPANNED)) {
            Line storage line = _line(id, currency);
            if (_currentOf(work) != id) return line.endedAt;
            start = line.startedAt;
        }
        return (a.has(Accounts.FROZEN) ? uint128(b.frozenAt) : _earned(b)) - start;
    }

    /// @dev H = N − ΣR + D − V. Never falls, since R rises by at most half of what N rises by.
    function _earned(Book storage b) internal view returns (uint256) {
        Account a = b.account;
        if (!a.has(Accounts.ADJUSTED)) return a.net();
        return a.net() + b.adjustment.added - b.adjustment.removed - _recouped(b);
    }

    /// @dev R = min(A, ⌊(N − N₀)·ρ/1e6⌋); while a dispute is open, what it was when that began. Threat: an advancer who
    /// takes out meanwhile, at up to half of it, the revenue that waits for whoever the judgement finds to own it.
    function _recouped(Book storage b) internal view returns (uint256 recouped) {
        Account a = b.account;
        if (a.has(Accounts.FROZEN)) return b.frozenAt >> 128;
        Adjustment storage adjustment = b.adjustment;
        recouped = Shares.floor(a.net() - adjustment.base, adjustment.rate);
        if (recouped > adjustment.principal) return adjustment.principal;
    }

    /// @dev Millionths owed to a holder of `units` at `index`. Below 2¹²⁸: units ≤ 1e6 < 2²⁰ and index < 2¹⁰⁸.
    function _owed(uint256 position, uint256 units, uint256 index) internal pure returns (uint256) {
        uint256 earned = index - (position >> 128);
        unchecked {
            return uint128(position) + units * earned;
        }
    }

    /// @dev G + D < 2¹⁰⁸, so that nothing packed ever wraps.
    function _requireRoom(uint256 work, uint256 currency, uint256 gross) internal pure {
        if (gross > MAX_GROSS) revert RoyaltyLedger__GrossOverflow(work, currency, gross);
    }

    function _title(uint256 work) internal view returns (Title memory title) {
        (uint256 packed, uint256 finalAt) = REGISTRY.packedTitleOf(work);
        Titles.unpack(title, packed, finalAt);
    }

    function _requireFinal(uint256 work, Title memory title) internal view {
        if (block.timestamp < title.finalAt) revert RoyaltyLedger__NotFinal(work, title.finalAt);
    }

    function _requireUndisputed(uint256 work, Title memory title) internal pure {
        if (title.disputed) revert RoyaltyLedger__Disputed(work);
    }

    function _requireRegistry() internal view {
        if (msg.sender != address(REGISTRY)) revert RoyaltyLedger__NotRegistry(msg.sender);
    }

    function _requireAddress(address account) internal pure {
        if (account == address(0)) revert RoyaltyLedger__ZeroAddress();
    }
}
