// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Registration, Title} from "../libraries/Types.sol";

/// @title IWorkRegistry
/// @notice The titles of all works. A registration proves priority and integrity, not authorship.
/// @dev Ids repeat across chains and deployments: cite (chainId, registry, work).
interface IWorkRegistry {
    /// @notice A work was registered, or its at-once registration gave way to an earlier commitment.
    /// @dev Royalty shares are implicit until the ledger issues them: 1,000,000 units of the registrant.
    event WorkRegistered(
        uint256 indexed work,
        address indexed registrant,
        bytes32 metadata,
        bytes32 provenance,
        bytes iscc,
        uint256 upstream,
        uint256 finalAt
    );
    /// @notice Somebody reserved the priority of a work without saying which.
    event Committed(bytes32 indexed commitment);
    /// @notice Every open listing, quote and delegation of the work is void.
    event WorkEpochAdvanced(uint256 indexed work, uint256 epoch);
    /// @notice Every unused registration signed by the account is void.
    event EpochAdvanced(address indexed account, uint256 epoch);
    /// @notice ERC-4906: the metadata of a work changed.
    event MetadataUpdate(uint256 _tokenId);

    error WorkRegistry__AlreadyRegistered(uint256 work, address holder);
    error WorkRegistry__UnknownWork(uint256 work);
    error WorkRegistry__EmptyWork(uint256 work);
    error WorkRegistry__NotRegistrant(address registrant, address caller);
    error WorkRegistry__NotHolder(uint256 work, address caller);
    error WorkRegistry__NotLedger(address caller);
    error WorkRegistry__NotFinal(uint256 work, uint256 finalAt);
    error WorkRegistry__CommitmentUnknown(bytes32 commitment);
    error WorkRegistry__CommitmentTooYoung(bytes32 commitment, uint256 madeIn);
    error WorkRegistry__EpochsUsedUp(uint256 work);
    error WorkRegistry__BadSignature(address registrant, bytes32 digest);
    error WorkRegistry__Expired(uint256 deadline);
    error WorkRegistry__UpstreamTooHigh(uint256 upstream);
    error WorkRegistry__TooManyParents(uint256 parents);

    /// @notice Reserves priority for keccak256(abi.encode(registrant, work, salt)) from now on; the first time counts.
    /// @dev Threat: whoever watches the mempool. The hash shows neither work nor registrant. Anybody may send it, so
    /// sending it again is no error: nobody can make a registrant's commitment fail by copying it.
    function commit(bytes32 commitment) external;

    /// @notice Registers the caller's work. With the salt of a commitment made in an earlier block it is final now.
    /// At once (salt zero), it becomes final only after GRACE, during which an earlier commitment takes it over and
    /// nothing can be earned or sold.
    function register(Registration calldata r) external;

    /// @notice Registers somebody's work on their signature (EIP-712 from an account, ERC-1271 from a contract).
    /// @dev Threat: a carrier who drops the salt, or commits under another one to use the signature twice. It is
    /// signed.
    /// @param deadline Unix seconds after which the signature is void
    function registerBySig(Registration calldata r, uint256 deadline, bytes calldata signature) external;

    /// @notice Points the work at new metadata, for example when a rendition is added or withdrawn.
    function setMetadata(uint256 work, bytes32 metadata) external;

    /// @notice Voids every open listing, quote and delegation of the caller's work.
    function advanceWorkEpoch(uint256 work) external;

    /// @notice Voids every unused registration that the caller signed.
    function advanceEpoch() external;

    /// @notice Marks the shares of `work` as issued. Called by the ledger when it writes them.
    function markIssued(uint256 work) external;

    /// @notice The state of a title. Reverts for an unknown work.
    function titleOf(uint256 work) external view returns (Title memory);

    /// @notice sha256 of the work's metadata JSON.
    function metadataOf(uint256 work) external view returns (bytes32);

    /// @notice Current epoch of the registrations that `account` signs.
    function epochOf(address account) external view returns (uint256);

    /// @notice EIP-712 digest that a registrant signs.
    function hashRegistration(Registration calldata r, uint256 epoch, uint256 deadline) external view returns (bytes32);
}
