// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Registration, Title} from "../libraries/Types.sol";
import {IOfferBook} from "./IOfferBook.sol";

/// @title IWorkRegistry
/// @notice The titles of all works. A registration proves priority and integrity, not authorship.
/// @dev Ids repeat across chains and deployments: cite (chainId, registry, work).
interface IWorkRegistry {
    /// @notice A work was registered, or a registration that was not final gave way to an earlier one.
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
    /// @notice A dispute over the work was opened or ruled.
    event DisputeMarked(uint256 indexed work, bool open);
    /// @notice A judgement gave the title to `winner`; a new series of shares begins.
    event Retitled(uint256 indexed work, address indexed former, address indexed winner, uint256 series);
    /// @notice ERC-4906: the metadata of a work changed.
    event MetadataUpdate(uint256 _tokenId);

    error WorkRegistry__AlreadyRegistered(uint256 work, address holder);
    error WorkRegistry__UnknownWork(uint256 work);
    error WorkRegistry__EmptyWork(uint256 work);
    error WorkRegistry__NotRegistrant(address registrant, address caller);
    error WorkRegistry__NotHolder(uint256 work, address caller);
    error WorkRegistry__NotLedger(address caller);
    error WorkRegistry__NotOfferBook(address caller);
    error WorkRegistry__NotFinal(uint256 work, uint256 finalAt);
    error WorkRegistry__Disputed(uint256 work);
    error WorkRegistry__CommitmentUnknown(bytes32 commitment);
    error WorkRegistry__CommitmentTooYoung(bytes32 commitment, uint256 madeIn);
    error WorkRegistry__EpochsUsedUp(uint256 work);
    error WorkRegistry__SeriesUsedUp(uint256 work);
    error WorkRegistry__BadSignature(address registrant, bytes32 digest);
    error WorkRegistry__Expired(uint256 deadline);
    error WorkRegistry__UpstreamTooHigh(uint256 upstream);
    error WorkRegistry__TooManyParents(uint256 parents);
    error WorkRegistry__WrongValue(uint256 sent, uint256 spent);

    /// @notice Reserves priority for keccak256(abi.encode(registrant, work, salt)) from now on; the first time counts.
    /// @dev Threat: whoever watches the mempool. The hash shows neither work nor registrant. Anybody may send it, so
    /// sending it again is no error: nobody can make a registrant's commitment fail by copying it.
    function commit(bytes32 commitment) external;

    /// @notice Registers the caller's work. Its priority is the time of the commitment that `salt` opens, else now. The
    /// title is final GRACE after its priority; until then it gives way to a registration of strictly earlier priority,
    /// and nothing can be earned or sold under it. Native coins sent pay for `purchases` and guarantees, exactly.
    function register(Registration calldata r) external payable;

    /// @notice Registers several works of the caller, oldest first, so that later ones may derive from earlier ones.
    function registerBatch(Registration[] calldata registrations) external payable;

    /// @notice Registers somebody's work on their signature (EIP-712 from an account, ERC-1271 from a contract). Tokens
    /// for `purchases` and guarantees come from the registrant, native coins from the caller.
    /// @dev Threat: a carrier who drops the salt, or commits under another one to use the signature twice. It is
    /// signed.
    /// @param deadline Unix seconds after which the signature is void
    function registerBySig(Registration calldata r, uint256 deadline, bytes calldata signature) external payable;

    /// @notice Points the work at new metadata, for example when a rendition is added or withdrawn.
    function setMetadata(uint256 work, bytes32 metadata) external;

    /// @notice Voids every open listing, quote and delegation of the caller's work, whose title must be final.
    function advanceWorkEpoch(uint256 work) external;

    /// @notice The same, for a holder who begins to count grants. Offer book only.
    function voidOffers(uint256 work) external;

    /// @notice Voids every unused registration that the caller signed.
    function advanceEpoch() external;

    /// @notice Marks the shares of the current series as issued. Ledger only.
    function markIssued(uint256 work) external;

    /// @notice Marks a work as disputed or not. Ledger only.
    function markDisputed(uint256 work, bool open) external;

    /// @notice Gives the title to the winner of a dispute and begins a new series of shares. Ledger only.
    function retitle(uint256 work, address winner) external;

    /// @notice Where offers on the works are made.
    function BOOK() external view returns (IOfferBook);

    /// @notice The state of a title. Reverts for an unknown work.
    function titleOf(uint256 work) external view returns (Title memory);

    /// @notice The same in two words, for contracts that ask at every sale: state 96 | holder 160 (see Titles).
    function packedTitleOf(uint256 work) external view returns (uint256 packed, uint256 finalAt);

    /// @notice sha256 of the work's metadata JSON.
    function metadataOf(uint256 work) external view returns (bytes32);

    /// @notice ERC-2981: a resale pays 5 % to the work's inbox, and so to the holders of its shares.
    function royaltyInfo(uint256 work, uint256 price) external view returns (address receiver, uint256 amount);

    /// @notice Current epoch of the registrations that `account` signs.
    function epochOf(address account) external view returns (uint256);

    /// @notice EIP-712 digest that a registrant signs.
    function hashRegistration(Registration calldata r, uint256 epoch, uint256 deadline) external view returns (bytes32);
}
