// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {Shares} from "../libraries/Shares.sol";
import {Edge} from "../libraries/Types.sol";
import {RoyaltyAccounts} from "./RoyaltyAccounts.sol";

/// @title Edges
/// @notice What derivatives owe to their parents. A part of the ledger.
/// @dev The shares of eight edges stand in one word, so an edge without guarantee and ceiling takes one slot, its
/// parent, and the pulls of a child read its shares once.
abstract contract Edges is RoyaltyAccounts {
    /// @dev One slot, a second one for an edge with guarantee or ceiling, and what was pulled by currency: x of E(x),
    /// before guarantee and ceiling.
    struct Debt {
        uint256 parent;
        uint8 currency;
        uint104 guarantee;
        uint104 ceiling;
        mapping(uint256 currency => uint256) pulled;
    }

    /// @dev Of each edge's 32 bits in a word of rates, 24 are parts per million.
    uint256 private constant BOUNDED = 1 << 24;

    mapping(uint256 child => mapping(uint256 edge => Debt)) private _debts;
    mapping(uint256 child => mapping(uint256 word => uint256)) private _rates;

    /// @inheritdoc IRoyaltyLedger
    /// @dev Called while the child's title is not final, so nothing was pulled over the edges that are replaced.
    function link(uint256 child, Edge[] calldata edges) external {
        _requireRegistry();
        if (edges.length == 0) _clear(child);
        uint256 rates;
        for (uint256 i; i < edges.length; ++i) {
            Edge memory e = edges[i];
            Debt storage debt = _debts[child][i];
            debt.parent = e.parent;
            uint256 rate = e.upstream;
            if (e.guarantee | e.ceiling != 0) {
                (debt.currency, debt.guarantee, debt.ceiling) = (e.currency, e.guarantee, e.ceiling);
                rate |= BOUNDED;
            }
            rates |= rate << _shift(i);
            if (i & 7 == 7 || i == edges.length - 1) (_rates[child][i >> 3], rates) = (rates, 0);
            emit EdgeLinked(child, e.parent, i, e.upstream, e.currency, e.guarantee, e.ceiling);
        }
    }

    /// @inheritdoc IRoyaltyLedger
    function edgeOf(uint256 child, uint256 edge) external view returns (Edge memory e) {
        (, e) = _debt(child, edge);
    }

    function _debt(uint256 child, uint256 edge) internal view returns (Debt storage debt, Edge memory e) {
        debt = _debts[child][edge];
        e.parent = debt.parent;
        if (e.parent == 0) revert RoyaltyLedger__UnknownEdge(child, edge);
        uint256 rate = _rates[child][edge >> 3] >> _shift(edge);
        e.upstream = uint24(rate);
        if (rate & BOUNDED == 0) return (debt, e);
        (e.currency, e.guarantee, e.ceiling) = (debt.currency, debt.guarantee, debt.ceiling);
    }

    function _clear(uint256 child) private {
        for (uint256 i; i < Shares.MAX_PARENTS && _debts[child][i].parent != 0; ++i) {
            Debt storage debt = _debts[child][i];
            (debt.parent, debt.currency, debt.guarantee, debt.ceiling) = (0, 0, 0, 0);
            delete _rates[child][i >> 3];
        }
        emit EdgesCleared(child);
    }

    function _shift(uint256 edge) private pure returns (uint256) {
        return (edge & 7) << 5;
    }
}
