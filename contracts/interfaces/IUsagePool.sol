// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {MerkleSum} from "../libraries/MerkleSum.sol";

/// @title IUsagePool
/// @notice Money of an epoch, from advertisers or subscribers, divided among works by their use.
/// @dev Stated trust: a pool's poster says how much each work was used, its guardian can refuse that within the
/// challenge period. Neither can take money: it goes to works, through the ledger, or back to who gave it.
interface IUsagePool {
    /// @notice A pool; nothing of it ever changes.
    /// @param poster    states the division
    /// @param guardian  may refuse it
    /// @param currency  index into the ledger's currency list
    /// @param startedAt Unix seconds at which epoch 0 began
    /// @param length    seconds of an epoch
    /// @param challenge seconds during which the guardian may refuse
    /// @param deadline  seconds after an epoch's end within which a division can be stated
    struct Pool {
        address poster;
        address guardian;
        uint8 currency;
        uint40 startedAt;
        uint32 length;
        uint32 challenge;
        uint32 deadline;
    }

    /// @notice An epoch of a pool.
    /// @param funded   minor units given
    /// @param total    minor units that the division spends
    /// @param root     root of the Merkle-sum tree over (index, work, amount); zero while none stands
    /// @param postedAt Unix seconds
    /// @param paid     minor units of `total` that went to works
    struct Epoch {
        uint256 funded;
        uint256 total;
        bytes32 root;
        uint256 postedAt;
        uint256 paid;
    }

    /// @notice What a division says of one work.
    /// @param index  of the leaf in the tree; a work may have several
    /// @param amount minor units
    /// @param proof  nodes beside its path to the root, leaf first
    struct Leaf {
        uint256 index;
        uint256 work;
        uint256 amount;
        MerkleSum.Sibling[] proof;
    }

    event PoolCreated(uint256 indexed pool, Pool terms);
    /// @notice `amount` was given for an epoch; what of it is not spent goes back to `refundTo`.
    event Funded(
        uint256 indexed pool, uint256 indexed epoch, address indexed refundTo, address payer, uint256 amount
    );
    event DivisionPosted(uint256 indexed pool, uint256 indexed epoch, bytes32 root, uint256 total);
    event DivisionRefused(uint256 indexed pool, uint256 indexed epoch, bytes32 root);
    /// @notice `amount` went to `work`, into the ledger.
    event WorkPaid(
        uint256 indexed pool, uint256 indexed epoch, uint256 indexed work, uint256 index, uint256 amount
    );
    event Reclaimed(uint256 indexed pool, uint256 indexed epoch, address indexed refundTo, uint256 amount);

    error UsagePool__UnknownPool(uint256 pool);
    error UsagePool__BadTerms(uint256 length, uint256 challenge, uint256 deadline);
    error UsagePool__ZeroAddress();
    error UsagePool__BadRecipient(address to);
    error UsagePool__ZeroAmount();
    error UsagePool__TooMuch(uint256 pool, uint256 epoch, uint256 funded);
    error UsagePool__EpochEnded(uint256 pool, uint256 epoch, uint256 endedAt);
    error UsagePool__EpochRunning(uint256 pool, uint256 epoch, uint256 endsAt);
    error UsagePool__DeadlinePassed(uint256 pool, uint256 epoch, uint256 deadline);
    error UsagePool__NotPoster(uint256 pool, address caller);
    error UsagePool__NotGuardian(uint256 pool, address caller);
    error UsagePool__AlreadyPosted(uint256 pool, uint256 epoch);
    error UsagePool__NoDivision(uint256 pool, uint256 epoch);
    error UsagePool__OverSpent(uint256 pool, uint256 epoch, uint256 total, uint256 funded);
    error UsagePool__ChallengeOver(uint256 pool, uint256 epoch, uint256 endedAt);
    error UsagePool__ChallengeRunning(uint256 pool, uint256 epoch, uint256 endsAt);
    error UsagePool__DivisionOver(uint256 pool, uint256 epoch, uint256 endedAt);
    error UsagePool__BadProof(uint256 pool, uint256 epoch, bytes32 root);
    error UsagePool__AlreadyPaid(uint256 pool, uint256 epoch, uint256 index);
    error UsagePool__NotSettled(uint256 pool, uint256 epoch);
    error UsagePool__NothingToReclaim(uint256 pool, uint256 epoch, address refundTo);

    /// @notice Creates a pool whose epoch 0 begins now. A challenge lasts a day or more.
    /// @return pool its number, from 1
    function create(
        address poster,
        address guardian,
        uint8 currency,
        uint32 length,
        uint32 challenge,
        uint32 deadline
    ) external returns (uint256 pool);

    /// @notice Gives money for an epoch that has not ended. Native: send exactly `amount`; token: allow this contract.
    /// @param refundTo who gets back what is not spent; not this contract
    /// @return received minor units that really arrived (M4)
    function fund(uint256 pool, uint256 epoch, uint256 amount, address refundTo)
        external
        payable
        returns (uint256 received);

    /// @notice States how the money of an ended epoch is divided. Poster only, once unless refused. A total of zero
    /// gives everything back as soon as nobody can refuse it.
    /// @dev Leaf: keccak256(bytes.concat(keccak256(abi.encode(index, work, amount)))); the sum at the root is `total`.
    /// @param leaf any leaf, which must lead to root and total
    function post(uint256 pool, uint256 epoch, bytes32 root, uint256 total, Leaf calldata leaf) external;

    /// @notice Refuses a division within the challenge period. Guardian only.
    function refuse(uint256 pool, uint256 epoch) external;

    /// @notice Pays a work its part, once. Anybody may call, for 365 days after the challenge period.
    function pay(uint256 pool, uint256 epoch, Leaf calldata leaf) external;

    /// @notice Pays back to `refundTo` its part of what is not spent: of everything, when no division stands in time;
    /// from 365 days after the challenge period on of what no work was paid, too, less what it got back before. Rounded
    /// down; less than one minor unit per funder stays.
    function reclaim(uint256 pool, uint256 epoch, address refundTo) external returns (uint256 amount);

    /// @notice A pool's terms.
    function poolOf(uint256 pool) external view returns (Pool memory);

    /// @notice An epoch as it stands.
    function epochOf(uint256 pool, uint256 epoch) external view returns (Epoch memory);

    /// @notice Number of the epoch that runs now.
    function currentEpoch(uint256 pool) external view returns (uint256);

    /// @notice What was given that goes back to `refundTo` when it is not spent.
    function givenBy(uint256 pool, uint256 epoch, address refundTo) external view returns (uint256);

    /// @notice What went back to `refundTo`.
    function reclaimedBy(uint256 pool, uint256 epoch, address refundTo) external view returns (uint256);

    /// @notice Whether a leaf was paid.
    function isPaid(uint256 pool, uint256 epoch, uint256 index) external view returns (bool);
}
