// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {ERC721} from "solady/tokens/ERC721.sol";
import {EIP712} from "solady/utils/EIP712.sol";
import {SignatureCheckerLib} from "solady/utils/SignatureCheckerLib.sol";

import {ILicensing} from "../interfaces/ILicensing.sol";
import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {IWorkRegistry} from "../interfaces/IWorkRegistry.sol";
import {Cid} from "../libraries/Cid.sol";
import {Pausable} from "../libraries/Pausable.sol";
import {RegistrationHash} from "../libraries/RegistrationHash.sol";
import {Shares} from "../libraries/Shares.sol";
import {Edge, Registration, Title} from "../libraries/Types.sol";

/// @title WorkRegistry
/// @notice The titles of all works: ERC-721, token id = uint256(sha256(master)).
/// @dev Rules of rights R1 and R5–R7 are stated in docs/SPECIFICATION.md; functions name those they uphold. A title
/// is one slot: its holder (160 bits) and 96 bits of state, high to low
///   epoch 24 | parents 5 | upstream 20 | protected 1 | issued 1 | registeredAt 40 (91 used).
contract WorkRegistry is IWorkRegistry, ERC721, EIP712, Pausable {
    /// @notice Seconds during which an at-once registration gives way to an earlier commitment.
    uint256 public constant GRACE = 5 minutes;

    uint256 private constant EMPTY_WORK = uint256(sha256(""));
    uint256 private constant ISSUED = 1 << 40;
    uint256 private constant PROTECTED = 1 << 41;
    uint256 private constant UPSTREAM_AT = 42;
    uint256 private constant UPSTREAM_MASK = (1 << 20) - 1;
    uint256 private constant PARENTS_AT = 62;
    uint256 private constant PARENTS_MASK = 31;
    uint256 private constant EPOCH_AT = 67;

    IRoyaltyLedger public immutable LEDGER;
    ILicensing public immutable LICENSING;

    /// @dev Block number (high 128 bits) and time (low 128 bits) of each open commitment.
    mapping(bytes32 commitment => uint256) private _commitments;
    mapping(uint256 work => bytes32) private _metadata;
    mapping(address account => uint256) private _epochs;

    constructor(address admin, IRoyaltyLedger ledger, ILicensing licensing) Pausable(admin) {
        LEDGER = ledger;
        LICENSING = licensing;
    }

    /// @inheritdoc IWorkRegistry
    function commit(bytes32 commitment) external {
        if (_commitments[commitment] != 0) return;
        _commitments[commitment] = block.number << 128 | block.timestamp;
        emit Committed(commitment);
    }

    /// @inheritdoc IWorkRegistry
    function register(Registration calldata r) external whenRunning {
        if (msg.sender != r.registrant) revert WorkRegistry__NotRegistrant(r.registrant, msg.sender);
        _register(r);
    }

    /// @inheritdoc IWorkRegistry
    /// @dev R6: the digest binds chain, contract, salt, epoch and deadline; R1 makes it single-use.
    function registerBySig(Registration calldata r, uint256 deadline, bytes calldata signature)
        external
        whenRunning
    {
        if (block.timestamp > deadline) revert WorkRegistry__Expired(deadline);
        bytes32 digest = hashRegistration(r, _epochs[r.registrant], deadline);
        if (!SignatureCheckerLib.isValidSignatureNowCalldata(r.registrant, digest, signature)) {
            revert WorkRegistry__BadSignature(r.registrant, digest);
        }
        _register(r);
    }

    /// @inheritdoc IWorkRegistry
    function setMetadata(uint256 work, bytes32 metadata) external {
        _requireHolder(work);
        _metadata[work] = metadata;
        emit MetadataUpdate(work);
    }

    /// @inheritdoc IWorkRegistry
    function advanceWorkEpoch(uint256 work) external {
        _requireHolder(work);
        _advanceWorkEpoch(work, _getExtraData(work));
    }

    /// @inheritdoc IWorkRegistry
    function advanceEpoch() external {
        emit EpochAdvanced(msg.sender, ++_epochs[msg.sender]);
    }

    /// @inheritdoc IWorkRegistry
    function markIssued(uint256 work) external {
        if (msg.sender != address(LEDGER)) revert WorkRegistry__NotLedger(msg.sender);
        _setExtraData(work, uint96(_getExtraData(work) | ISSUED));
    }

    /// @inheritdoc IWorkRegistry
    function titleOf(uint256 work) public view returns (Title memory title) {
        title.holder = _ownerOf(work);
        if (title.holder == address(0)) revert WorkRegistry__UnknownWork(work);
        uint256 state = _getExtraData(work);
        title.registeredAt = uint40(state);
        title.finalAt = uint40(_finalAt(state));
        title.upstream = uint24((state >> UPSTREAM_AT) & UPSTREAM_MASK);
        title.parents = uint8((state >> PARENTS_AT) & PARENTS_MASK);
        title.epoch = uint24(state >> EPOCH_AT);
        title.issued = state & ISSUED != 0;
    }

    /// @inheritdoc IWorkRegistry
    function metadataOf(uint256 work) external view returns (bytes32) {
        if (!_exists(work)) revert WorkRegistry__UnknownWork(work);
        return _metadata[work];
    }

    /// @inheritdoc IWorkRegistry
    function epochOf(address account) external view returns (uint256) {
        return _epochs[account];
    }

    /// @inheritdoc IWorkRegistry
    function hashRegistration(Registration calldata r, uint256 epoch, uint256 deadline) public view returns (bytes32) {
        return _hashTypedData(RegistrationHash.hash(r, epoch, deadline));
    }

    /// @notice ERC-721.
    function name() public pure override returns (string memory) {
        return "Colophon Works";
    }

    /// @notice ERC-721.
    function symbol() public pure override returns (string memory) {
        return "WORK";
    }

    /// @notice `ipfs://` URI of the metadata, built from its digest.
    function tokenURI(uint256 work) public view override returns (string memory) {
        if (!_exists(work)) revert WorkRegistry__UnknownWork(work);
        return Cid.uri(_metadata[work]);
    }

    /// @notice ERC-165: ERC-721 and its metadata, ERC-4906.
    function supportsInterface(bytes4 id) public view override returns (bool) {
        return id == 0x49064906 || super.supportsInterface(id);
    }

    /// @dev R1: one title per content hash; the only exception is a commitment older than an at-once registration.
    function _register(Registration calldata r) private {
        if (r.work == 0 || r.work == EMPTY_WORK) revert WorkRegistry__EmptyWork(r.work);
        uint256 committedAt = r.salt == 0 ? 0 : _reveal(r);
        address former = _ownerOf(r.work);
        uint256 epoch;
        if (former != address(0)) epoch = _giveWay(r.work, former, committedAt);

        (Edge[] memory edges, uint256 upstream) = _edges(r);
        uint256 state = block.timestamp | (r.salt == 0 ? 0 : PROTECTED) | upstream << UPSTREAM_AT
            | edges.length << PARENTS_AT | epoch << EPOCH_AT;
        _mintAndSetExtraDataUnchecked(r.registrant, r.work, uint96(state));
        _metadata[r.work] = r.metadata;
        emit WorkRegistered(r.work, r.registrant, r.metadata, r.provenance, r.iscc, upstream, _finalAt(state));
        if (edges.length != 0) LEDGER.link(r.work, edges);
        if (r.listings.length + r.bounds.length != 0) {
            LICENSING.publish(r.work, r.listings, r.bounds);
        }
    }

    /// @dev Threat: a watcher who copies a reveal. The commitment names the registrant, and must be from an earlier
    /// block.
    /// @return time Unix seconds of the commitment
    function _reveal(Registration calldata r) private returns (uint256 time) {
        bytes32 commitment = keccak256(abi.encode(r.registrant, r.work, r.salt));
        uint256 made = _commitments[commitment];
        if (made == 0) revert WorkRegistry__CommitmentUnknown(commitment);
        if (made >> 128 == block.number) revert WorkRegistry__CommitmentTooYoung(commitment, block.number);
        delete _commitments[commitment];
        return uint128(made);
    }

    /// @dev Threat: a watcher who reads the work's id from a reveal and registers it at once, first. Such a title is
    /// not final yet, so nothing was earned, sold, derived or transferred under it, and it can be taken back whole.
    /// @return epoch the next epoch, which voids the listings made under the former title
    function _giveWay(uint256 work, address former, uint256 committedAt) private returns (uint256 epoch) {
        uint256 state = _getExtraData(work);
        if (committedAt == 0 || committedAt >= uint40(state) || block.timestamp >= _finalAt(state)) {
            revert WorkRegistry__AlreadyRegistered(work, former);
        }
        _burn(work);
        if ((state >> PARENTS_AT) & PARENTS_MASK != 0) LEDGER.link(work, new Edge[](0));
        epoch = _nextEpoch(work, state);
        emit MetadataUpdate(work);
    }

    /// @dev R5: Licensing uses up one live permit of every parent.
    function _edges(Registration calldata r) private returns (Edge[] memory edges, uint256 upstream) {
        uint256 parents = r.permits.length;
        if (parents == 0) return (edges, 0);
        if (parents > Shares.MAX_PARENTS) revert WorkRegistry__TooManyParents(parents);
        edges = LICENSING.adapt(r.work, r.registrant, r.permits);
        for (uint256 i; i < parents; ++i) {
            upstream += edges[i].upstream;
        }
        if (upstream > Shares.MAX_UPSTREAM) revert WorkRegistry__UpstreamTooHigh(upstream);
    }

    function _finalAt(uint256 state) private pure returns (uint256) {
        return uint40(state) + (state & PROTECTED == 0 ? GRACE : 0);
    }

    function _requireHolder(uint256 work) private view {
        if (_ownerOf(work) != msg.sender) revert WorkRegistry__NotHolder(work, msg.sender);
    }

    function _advanceWorkEpoch(uint256 work, uint256 state) private {
        uint256 next = _nextEpoch(work, state);
        _setExtraData(work, uint96(state & ((1 << EPOCH_AT) - 1) | next << EPOCH_AT));
    }

    /// @dev Threat: a holder who advances the epoch until it wraps, sells the title, and finds old listings alive.
    function _nextEpoch(uint256 work, uint256 state) private returns (uint256 next) {
        next = (state >> EPOCH_AT) + 1;
        if (next > type(uint24).max) revert WorkRegistry__EpochsUsedUp(work);
        emit WorkEpochAdvanced(work, next);
    }

    /// @dev A title that changes hands leaves its shares, and the money they earned, with the former holder (M6).
    function _beforeTokenTransfer(address from, address to, uint256 work) internal override {
        if (from == address(0) || to == address(0)) return;
        uint256 state = _getExtraData(work);
        if (block.timestamp < _finalAt(state)) revert WorkRegistry__NotFinal(work, _finalAt(state));
        if (state & ISSUED == 0) LEDGER.issue(work, from);
        _advanceWorkEpoch(work, state | ISSUED);
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("WorkRegistry", "1");
    }
}
