// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {MerkleSum} from "../libraries/MerkleSum.sol";
import {Shares} from "../libraries/Shares.sol";
import {Title} from "../libraries/Types.sol";
import {RoyaltyShares} from "./RoyaltyShares.sol";

/// @title ShareTrees
/// @notice First distribution of a series to any number of accounts, at the cost of one slot.
/// @dev A series with a root is issued: nobody has its units implicitly, and each leaf becomes units once.
abstract contract ShareTrees is RoyaltyShares {
    /// @inheritdoc IRoyaltyLedger
    function root(uint256 work, bytes32 shareRoot) external {
        _requireRegistry();
        _root(work, shareRoot);
    }

    /// @inheritdoc IRoyaltyLedger
    function distribute(uint256 work, bytes32 shareRoot) external {
        uint256 id = _currentOf(work);
        if (shareRoot == 0) revert RoyaltyLedger__NoRoot(id);
        Title memory title = _title(work);
        if (title.holder != msg.sender) revert RoyaltyLedger__NotHolder(work, msg.sender);
        if (title.issued) revert RoyaltyLedger__AlreadyIssued(work);
        _requireFinal(work, title);
        REGISTRY.markIssued(work);
        for (uint256 currency; currency < currencyCount(); ++currency) {
            uint256 index = _index(id, currency);
            Line storage line = _line(id, currency);
            _settle(line, msg.sender, Shares.UNITS, index, 0);
            line.rootedAt = index;
        }
        _root(id, shareRoot);
    }

    /// @inheritdoc IRoyaltyLedger
    /// @dev Threats: a proof used twice (one bit per index), an index that names two leaves (the path uses it up), a
    /// tree that promises more than there is (sums in every node).
    function activate(
        uint256 id,
        uint256 index,
        address account,
        uint256 units,
        MerkleSum.Sibling[] calldata proof
    ) external {
        _requireAddress(account);
        if (isActivated(id, index)) revert RoyaltyLedger__AlreadyActivated(id, index);
        _verify(id, index, account, units, proof);
        uint256 work = _workOf(id);
        _requireFinal(work, _title(work));
        Series storage s = _series[id];
        s.activated[index >> 8] |= 1 << (index & 255);
        uint256 held = s.units[account];
        for (uint256 currency; currency < currencyCount(); ++currency) {
            uint256 earned = _index(id, currency);
            Line storage line = _line(id, currency);
            _settle(line, account, held, earned, units * (earned - line.rootedAt));
        }
        s.units[account] = held + units;
        emit SharesActivated(id, account, index, units);
        _tell(address(0), account, id, units);
    }

    /// @inheritdoc IRoyaltyLedger
    function rootOf(uint256 id) external view returns (bytes32) {
        return _series[id].root;
    }

    /// @inheritdoc IRoyaltyLedger
    function isActivated(uint256 id, uint256 index) public view returns (bool) {
        return _series[id].activated[index >> 8] & (1 << (index & 255)) != 0;
    }

    function _root(uint256 id, bytes32 shareRoot) private {
        _series[id].root = shareRoot;
        emit SharesRooted(id, shareRoot);
    }

    function _verify(uint256 id, uint256 index, address account, uint256 units, MerkleSum.Sibling[] calldata proof)
        private
        view
    {
        bytes32 expected = _series[id].root;
        if (expected == 0) revert RoyaltyLedger__NoRoot(id);
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(index, account, units))));
        (bytes32 found, uint256 sum, bool whole) = MerkleSum.root(leaf, units, index, proof);
        if (found != expected || sum != Shares.UNITS || !whole) revert RoyaltyLedger__BadProof(id, found);
    }
}
