// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ReentrancyGuard} from "solady/utils/ReentrancyGuard.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {IWorkRegistry} from "../interfaces/IWorkRegistry.sol";
import {Shares} from "../libraries/Shares.sol";
import {Edge, Title} from "../libraries/Types.sol";
import {RoyaltyShares} from "./RoyaltyShares.sol";

/// @title RoyaltyLedger
/// @notice Holds all money of all works and lets every holder withdraw what is theirs.
/// @dev Rules of money M1–M8 are stated in docs/SPECIFICATION.md; functions name those they uphold. Per (work,
/// currency):
///   gross G, all that was ever credited; net N = G − ⌊G·S/1e6⌋ with S the sum of the edges' shares;
///   a holder of u units is owed u·(N − index) millionths more at each settlement, and index becomes N.
/// The admin appends currencies and can do nothing else (M7).
contract RoyaltyLedger is RoyaltyShares, Ownable2Step, ReentrancyGuard {
    /// @dev One slot. `back` is what a ceiling or a guarantee returns to the child; always zero in this version.
    struct Account {
        uint112 gross;
        uint112 back;
        uint24 upstream; // cached from the title at the first deposit, when it is final
        uint8 known; // 1 from the first credit on: steady deposits need not ask the registry
    }

    /// @dev One slot. Millionths of a minor unit owed, and the net up to which they were counted.
    struct Position {
        uint128 owed;
        uint128 index;
    }

    /// @dev Two slots. Guarantee and ceiling of the debt take the 216 bits that are free beside `upstream`, with
    /// their currency.
    struct Debt {
        uint256 parent;
        uint24 upstream;
    }

    uint256 private constant MAX_TOKENS = 3;
    uint256 private constant MAX_GROSS = 2 ** 108 - 1;

    address public immutable LICENSING;

    uint256 private _tokenCount;
    mapping(uint256 currency => address token) private _tokens; // from 1; a mapping has no length to read
    mapping(uint256 work => mapping(uint256 currency => Account)) private _accounts;
    mapping(uint256 work => mapping(uint256 currency => mapping(address holder => Position))) private _positions;
    mapping(uint256 child => mapping(uint256 edge => Debt)) private _debts;
    mapping(uint256 child => mapping(uint256 edge => mapping(uint256 currency => uint256))) private _pulled;

    constructor(address admin, IWorkRegistry registry, address licensing) RoyaltyShares(registry) Ownable(admin) {
        LICENSING = licensing;
    }

    /// @inheritdoc IRoyaltyLedger
    function deposit(uint256 work, uint256 currency, uint256 amount)
        external
        payable
        nonReentrant
        returns (uint256 credited)
    {
        return _deposit(msg.sender, work, currency, amount);
    }

    /// @inheritdoc IRoyaltyLedger
    function depositFrom(address payer, uint256 work, uint256 currency, uint256 amount)
        external
        payable
        nonReentrant
        returns (uint256 credited)
    {
        if (msg.sender != LICENSING) revert RoyaltyLedger__NotLicensing(msg.sender);
        return _deposit(payer, work, currency, amount);
    }

    /// @inheritdoc IRoyaltyLedger
    /// @dev M2: one edge, no loop over holders. M3: touches no token, so no recipient can block it.
    function pull(uint256 child, uint256 edge, uint256 currency) external nonReentrant returns (uint256 moved) {
        moved = _pull(child, edge, currency);
        if (moved == 0) revert RoyaltyLedger__NothingToPull(child, edge, currency);
    }

    /// @inheritdoc IRoyaltyLedger
    function pullMany(Pull[] calldata pulls) external nonReentrant {
        _pullMany(pulls);
    }

    /// @inheritdoc IRoyaltyLedger
    function claim(uint256[] calldata works, uint256 currency, address to)
        external
        nonReentrant
        returns (uint256 amount)
    {
        return _claim(works, currency, to);
    }

    /// @inheritdoc IRoyaltyLedger
    function pullAndClaim(Pull[] calldata pulls, uint256[] calldata works, uint256 currency, address to)
        external
        nonReentrant
        returns (uint256 amount)
    {
        _pullMany(pulls);
        return _claim(works, currency, to);
    }

    /// @inheritdoc IRoyaltyLedger
    /// @dev Called while the child's title is not final, so nothing was pulled over the edges that are replaced.
    function link(uint256 child, Edge[] calldata edges) external {
        if (msg.sender != address(REGISTRY)) revert RoyaltyLedger__NotRegistry(msg.sender);
        if (edges.length == 0) {
            for (uint256 i; i < Shares.MAX_PARENTS && _debts[child][i].parent != 0; ++i) {
                delete _debts[child][i];
            }
            emit EdgesCleared(child);
        }
        for (uint256 i; i < edges.length; ++i) {
            _debts[child][i] = Debt(edges[i].parent, edges[i].upstream);
            emit EdgeLinked(child, edges[i].parent, i, edges[i].upstream);
        }
    }

    /// @inheritdoc IRoyaltyLedger
    function addCurrency(address token) external onlyOwner returns (uint256 currency) {
        if (token.code.length == 0) revert RoyaltyLedger__NotAToken(token);
        if (_tokenCount == MAX_TOKENS) revert RoyaltyLedger__TooManyCurrencies();
        for (uint256 i = 1; i <= _tokenCount; ++i) {
            if (_tokens[i] == token) revert RoyaltyLedger__CurrencyExists(token);
        }
        currency = ++_tokenCount;
        _tokens[currency] = token;
        emit CurrencyAdded(currency, token);
    }

    /// @inheritdoc IRoyaltyLedger
    function claimable(uint256 work, uint256 currency, address holder) external view returns (uint256) {
        Position memory p = _positions[work][currency][holder];
        return _owed(p, balanceOf(holder, work), _net(_accounts[work][currency])) / Shares.UNITS;
    }

    /// @inheritdoc IRoyaltyLedger
    function pullable(uint256 child, uint256 edge, uint256 currency) external view returns (uint256) {
        return Shares.floor(_accounts[child][currency].gross, _debts[child][edge].upstream)
            - _pulled[child][edge][currency];
    }

    /// @inheritdoc IRoyaltyLedger
    function grossOf(uint256 work, uint256 currency) external view returns (uint256) {
        return _accounts[work][currency].gross;
    }

    /// @inheritdoc IRoyaltyLedger
    function netOf(uint256 work, uint256 currency) external view returns (uint256) {
        return _net(_accounts[work][currency]);
    }

    /// @inheritdoc IRoyaltyLedger
    function edgeOf(uint256 child, uint256 edge) external view returns (Edge memory) {
        Debt storage debt = _debts[child][edge];
        if (debt.parent == 0) revert RoyaltyLedger__UnknownEdge(child, edge);
        return Edge(debt.parent, debt.upstream);
    }

    /// @inheritdoc IRoyaltyLedger
    function currencyAt(uint256 currency) public view returns (address token) {
        if (currency == 0) return address(0);
        token = _tokens[currency];
        if (token == address(0)) revert RoyaltyLedger__UnknownCurrency(currency);
    }

    /// @inheritdoc IRoyaltyLedger
    function currencyCount() external view returns (uint256) {
        return _tokenCount + 1;
    }

    /// @dev M2: O(1) in holders, parents and ancestors. M4: a token is counted by the ledger's own balance.
    function _deposit(address payer, uint256 work, uint256 currency, uint256 amount)
        private
        returns (uint256 credited)
    {
        if (currency == 0) {
            if (msg.value != amount) revert RoyaltyLedger__WrongValue(msg.value, amount);
            credited = amount;
        } else {
            if (msg.value != 0) revert RoyaltyLedger__WrongValue(msg.value, 0);
            credited = _take(currencyAt(currency), payer, amount);
        }
        if (credited == 0) revert RoyaltyLedger__ZeroAmount();
        _credit(work, currency, credited);
        emit Deposited(work, currency, payer, msg.sender, credited);
    }

    function _take(address token, address payer, uint256 amount) private returns (uint256) {
        uint256 before = SafeTransferLib.balanceOf(token, address(this));
        SafeTransferLib.safeTransferFrom(token, payer, address(this), amount);
        return SafeTransferLib.balanceOf(token, address(this)) - before;
    }

    /// @dev The title is read once per (work, currency). It must be final then: before that it may still give way.
    function _credit(uint256 work, uint256 currency, uint256 amount) private {
        Account memory a = _accounts[work][currency];
        if (a.known == 0) {
            Title memory title = REGISTRY.titleOf(work);
            if (block.timestamp < title.finalAt) revert RoyaltyLedger__NotFinal(work, title.finalAt);
            (a.known, a.upstream) = (1, title.upstream);
        }
        uint256 gross = a.gross + amount;
        if (gross > MAX_GROSS) revert RoyaltyLedger__GrossOverflow(work, currency, gross);
        a.gross = uint112(gross);
        _accounts[work][currency] = a;
    }

    /// @dev Cumulative floor, so that splitting a payment in two never changes what is owed. Checks-effects: no call
    /// leaves this contract but the registry's view.
    function _pull(uint256 child, uint256 edge, uint256 currency) private returns (uint256 moved) {
        Debt memory debt = _debts[child][edge];
        if (debt.parent == 0) revert RoyaltyLedger__UnknownEdge(child, edge);
        uint256 due = Shares.floor(_accounts[child][currency].gross, debt.upstream);
        moved = due - _pulled[child][edge][currency];
        if (moved == 0) return 0;
        _pulled[child][edge][currency] = due;
        _credit(debt.parent, currency, moved);
        emit Pulled(child, debt.parent, currency, edge, moved);
    }

    function _pullMany(Pull[] calldata pulls) private {
        for (uint256 i; i < pulls.length; ++i) {
            _pull(pulls[i].child, pulls[i].edge, pulls[i].currency);
        }
    }

    /// @dev M3: the caller alone is paid, and only the caller fails when its payment fails.
    function _claim(uint256[] calldata works, uint256 currency, address to) private returns (uint256 amount) {
        if (to == address(0)) revert RoyaltyLedger__ZeroAddress();
        for (uint256 i; i < works.length; ++i) {
            amount += _withdraw(works[i], currency, to);
        }
        if (amount == 0) revert RoyaltyLedger__NothingToClaim(msg.sender, currency);
        _pay(to, currency, amount);
    }

    function _withdraw(uint256 work, uint256 currency, address to) private returns (uint256 amount) {
        uint256 net = _net(_accounts[work][currency]);
        Position memory p = _positions[work][currency][msg.sender];
        uint256 owed = _owed(p, balanceOf(msg.sender, work), net);
        amount = owed / Shares.UNITS;
        if (amount == 0) return 0;
        _positions[work][currency][msg.sender] = Position(uint128(owed % Shares.UNITS), uint128(net));
        emit Claimed(work, currency, msg.sender, to, amount);
    }

    /// @dev Money paid to the ledger itself would be nobody's.
    function _pay(address to, uint256 currency, uint256 amount) private {
        if (to == address(this)) revert RoyaltyLedger__PaymentFailed(to, currency, amount);
        bool paid = currency == 0
            ? SafeTransferLib.trySafeTransferETH(to, amount, gasleft())
            : _trySafeTransfer(currencyAt(currency), to, amount);
        if (!paid) revert RoyaltyLedger__PaymentFailed(to, currency, amount);
    }

    /// @dev A token may return nothing, true, or anything else; only the first two are payment.
    function _trySafeTransfer(address token, address to, uint256 amount) private returns (bool) {
        (bool success, bytes memory answer) =
            token.call(abi.encodeWithSignature("transfer(address,uint256)", to, amount));
        return success && (answer.length == 0 || (answer.length >= 32 && abi.decode(answer, (uint256)) == 1));
    }

    /// @dev Called with the units held up to now, before they change. Touches no token.
    function _settle(uint256 work, address holder, uint256 units) internal override {
        uint256 count = _tokenCount;
        for (uint256 currency; currency <= count; ++currency) {
            uint256 net = _net(_accounts[work][currency]);
            Position memory p = _positions[work][currency][holder];
            if (p.index == net) continue;
            _positions[work][currency][holder] = Position(uint128(_owed(p, units, net)), uint128(net));
        }
    }

    /// @dev Millionths owed to a holder of `units` at `net`. Below 2¹²⁸: units ≤ 1e6 < 2²⁰ and net < 2¹⁰⁸.
    function _owed(Position memory p, uint256 units, uint256 net) private pure returns (uint256) {
        return p.owed + units * (net - p.index);
    }

    /// @dev N = G − ⌊G·S/1e6⌋ + back. Never falls: each wei credited raises the floor by at most one.
    function _net(Account memory a) private pure returns (uint256) {
        return a.gross - Shares.floor(a.gross, a.upstream) + a.back;
    }
}
