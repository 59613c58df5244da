// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {ReentrancyGuard} from "solady/utils/ReentrancyGuard.sol";

import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {IUsagePool} from "../interfaces/IUsagePool.sol";
import {MerkleSum} from "../libraries/MerkleSum.sol";
import {Tender} from "../libraries/Tender.sol";

/// @title UsagePool
/// @notice Divides the money of epochs among works by their use, and gives back what is not spent.
/// @dev No admin. Of an epoch's money exactly `total` can reach works (each leaf once, sums in every node) and the rest
/// its funders, so no epoch can spend another's. What no work was paid in a year goes back to the funders as well.
contract UsagePool is IUsagePool, ReentrancyGuard {
    uint256 private constant LEAST_CHALLENGE = 1 days;
    uint256 private constant PAID_WITHIN = 365 days;
    uint256 private constant MOST = 2 ** 108 - 1; // what the ledger can hold of one work

    IRoyaltyLedger public immutable LEDGER;

    uint256 private _poolCount;
    mapping(uint256 pool => Pool) private _pools;
    mapping(uint256 pool => mapping(uint256 epoch => Epoch)) private _epochs;
    mapping(uint256 pool => mapping(uint256 epoch => mapping(address refundTo => uint256))) private _given;
    mapping(uint256 pool => mapping(uint256 epoch => mapping(address refundTo => uint256))) private _reclaimed;
    mapping(uint256 pool => mapping(uint256 epoch => mapping(uint256 word => uint256))) private _paid;

    constructor(IRoyaltyLedger ledger) {
        LEDGER = ledger;
    }

    /// @inheritdoc IUsagePool
    function create(
        address poster,
        address guardian,
        uint8 currency,
        uint32 length,
        uint32 challenge,
        uint32 deadline
    ) external returns (uint256 pool) {
        if (poster == address(0) || guardian == address(0)) revert UsagePool__ZeroAddress();
        if (length == 0 || challenge < LEAST_CHALLENGE || deadline == 0) {
            revert UsagePool__BadTerms(length, challenge, deadline);
        }
        LEDGER.currencyAt(currency);
        pool = ++_poolCount;
        _pools[pool] = Pool(poster, guardian, currency, uint40(block.timestamp), length, challenge, deadline);
        emit PoolCreated(pool, _pools[pool]);
    }

    /// @inheritdoc IUsagePool
    function fund(uint256 pool, uint256 epoch, uint256 amount, address refundTo)
        external
        payable
        nonReentrant
        returns (uint256 received)
    {
        if (refundTo == address(0)) revert UsagePool__ZeroAddress();
        if (refundTo == address(this)) revert UsagePool__BadRecipient(refundTo);
        Pool memory p = poolOf(pool);
        uint256 end = _endOf(p, epoch);
        if (block.timestamp >= end) revert UsagePool__EpochEnded(pool, epoch, end);
        received = Tender.take(LEDGER, p.currency, amount);
        if (received == 0) revert UsagePool__ZeroAmount();
        uint256 funded = _epochs[pool][epoch].funded + received;
        if (funded > MOST) revert UsagePool__TooMuch(pool, epoch, funded);
        _epochs[pool][epoch].funded = funded;
        _given[pool][epoch][refundTo] += received;
        emit Funded(pool, epoch, refundTo, msg.sender, received);
    }

    /// @inheritdoc IUsagePool
    /// @dev Threat: a slip of the pen in root or total, under which no leaf could ever be paid.
    function post(uint256 pool, uint256 epoch, bytes32 root, uint256 total, Leaf calldata leaf) external {
        Pool memory p = poolOf(pool);
        if (msg.sender != p.poster) revert UsagePool__NotPoster(pool, msg.sender);
        uint256 end = _endOf(p, epoch);
        if (block.timestamp < end) revert UsagePool__EpochRunning(pool, epoch, end);
        if (block.timestamp > end + p.deadline) revert UsagePool__DeadlinePassed(pool, epoch, end + p.deadline);
        Epoch storage e = _epochs[pool][epoch];
        if (e.root != 0) revert UsagePool__AlreadyPosted(pool, epoch);
        if (root == 0) revert UsagePool__NoDivision(pool, epoch);
        if (total > e.funded) revert UsagePool__OverSpent(pool, epoch, total, e.funded);
        (e.root, e.total, e.postedAt) = (root, total, block.timestamp);
        _verify(pool, epoch, e, leaf);
        emit DivisionPosted(pool, epoch, root, total);
    }

    /// @inheritdoc IUsagePool
    function refuse(uint256 pool, uint256 epoch) external {
        Pool memory p = poolOf(pool);
        if (msg.sender != p.guardian) revert UsagePool__NotGuardian(pool, msg.sender);
        Epoch storage e = _requireDivision(pool, epoch);
        uint256 end = e.postedAt + p.challenge;
        if (block.timestamp >= end) revert UsagePool__ChallengeOver(pool, epoch, end);
        emit DivisionRefused(pool, epoch, e.root);
        (e.root, e.total, e.postedAt) = (0, 0, 0);
    }

    /// @inheritdoc IUsagePool
    /// @dev M3: a work that the ledger cannot credit keeps only its own leaf waiting. R7: the leaf is used up first.
    function pay(uint256 pool, uint256 epoch, Leaf calldata leaf) external nonReentrant {
        Pool memory p = poolOf(pool);
        (uint256 index, uint256 work, uint256 amount) = (leaf.index, leaf.work, leaf.amount);
        if (isPaid(pool, epoch, index)) revert UsagePool__AlreadyPaid(pool, epoch, index);
        Epoch storage e = _requireDivision(pool, epoch);
        uint256 from = e.postedAt + p.challenge;
        if (block.timestamp < from) revert UsagePool__ChallengeRunning(pool, epoch, from);
        if (_isOver(e, p)) revert UsagePool__DivisionOver(pool, epoch, from + PAID_WITHIN);
        _verify(pool, epoch, e, leaf);
        _paid[pool][epoch][index >> 8] |= 1 << (index & 255);
        e.paid += amount;
        emit WorkPaid(pool, epoch, work, index, amount);
        uint256 coins = Tender.allow(LEDGER, p.currency, address(LEDGER), amount);
        LEDGER.deposit{value: coins}(work, p.currency, amount);
    }

    /// @inheritdoc IUsagePool
    /// @dev A floor of the funder's whole part, less what went back before: what is unspent only grows, so neither the
    /// order nor the number of reclaims changes what anybody gets, and all together never get more than is unspent.
    function reclaim(uint256 pool, uint256 epoch, address refundTo) external nonReentrant returns (uint256 amount) {
        Pool memory p = poolOf(pool);
        Epoch memory e = _epochs[pool][epoch];
        uint256 unspent = _unspent(pool, epoch, p, e);
        if (e.funded != 0) amount = givenBy(pool, epoch, refundTo) * unspent / e.funded;
        amount -= _reclaimed[pool][epoch][refundTo];
        if (amount == 0) revert UsagePool__NothingToReclaim(pool, epoch, refundTo);
        _reclaimed[pool][epoch][refundTo] += amount;
        emit Reclaimed(pool, epoch, refundTo, amount);
        Tender.pay(LEDGER, p.currency, refundTo, amount);
    }

    /// @inheritdoc IUsagePool
    function poolOf(uint256 pool) public view returns (Pool memory p) {
        p = _pools[pool];
        if (p.length == 0) revert UsagePool__UnknownPool(pool);
    }

    /// @inheritdoc IUsagePool
    function epochOf(uint256 pool, uint256 epoch) external view returns (Epoch memory) {
        return _epochs[pool][epoch];
    }

    /// @inheritdoc IUsagePool
    function currentEpoch(uint256 pool) external view returns (uint256) {
        Pool memory p = poolOf(pool);
        return (block.timestamp - p.startedAt) / p.length;
    }

    /// @inheritdoc IUsagePool
    function givenBy(uint256 pool, uint256 epoch, address refundTo) public view returns (uint256) {
        return _given[pool][epoch][refundTo];
    }

    /// @inheritdoc IUsagePool
    function reclaimedBy(uint256 pool, uint256 epoch, address refundTo) external view returns (uint256) {
        return _reclaimed[pool][epoch][refundTo];
    }

    /// @inheritdoc IUsagePool
    function isPaid(uint256 pool, uint256 epoch, uint256 index) public view returns (bool) {
        return _paid[pool][epoch][index >> 8] & (1 << (index & 255)) != 0;
    }

    /// @dev The leaf is under the root of the division, whose sum is its total.
    function _verify(uint256 pool, uint256 epoch, Epoch storage e, Leaf calldata leaf) private view {
        bytes32 node = keccak256(bytes.concat(keccak256(abi.encode(leaf.index, leaf.work, leaf.amount))));
        (bytes32 root, uint256 sum, bool whole) = MerkleSum.root(node, leaf.amount, leaf.index, leaf.proof);
        if (root != e.root || sum != e.total || !whole) revert UsagePool__BadProof(pool, epoch, root);
    }

    /// @dev A division can be posted until the deadline and not after, and its leaves be paid for a year and not after,
    /// so what is reclaimed here is never spent.
    function _unspent(uint256 pool, uint256 epoch, Pool memory p, Epoch memory e) private view returns (uint256) {
        bool settled =
            e.root == 0 ? block.timestamp > _endOf(p, epoch) + p.deadline : block.timestamp >= e.postedAt + p.challenge;
        if (!settled) revert UsagePool__NotSettled(pool, epoch);
        return e.funded - (_isOver(e, p) ? e.paid : e.total);
    }

    /// @dev Whether the division's leaves can no longer be paid. Without a division nothing was paid.
    function _isOver(Epoch memory e, Pool memory p) private view returns (bool) {
        return block.timestamp >= e.postedAt + p.challenge + PAID_WITHIN;
    }

    function _requireDivision(uint256 pool, uint256 epoch) private view returns (Epoch storage e) {
        e = _epochs[pool][epoch];
        if (e.root == 0) revert UsagePool__NoDivision(pool, epoch);
    }

    /// @dev Threat: an epoch so large that its end wraps, and that was over when it began. Checked arithmetic refuses.
    function _endOf(Pool memory p, uint256 epoch) private pure returns (uint256) {
        return p.startedAt + (epoch + 1) * p.length;
    }
}
