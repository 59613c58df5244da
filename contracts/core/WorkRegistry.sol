// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {ERC721} from "solady/tokens/ERC721.sol";
import {EIP712} from "solady/utils/EIP712.sol";

import {ILicensing} from "../interfaces/ILicensing.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {IRoyaltyInboxes} from "../interfaces/IRoyaltyInboxes.sol";
import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {IWorkRegistry} from "../interfaces/IWorkRegistry.sol";
import {Cid} from "../libraries/Cid.sol";
import {Pausable} from "../libraries/Pausable.sol";
import {RegistrationHash} from "../libraries/RegistrationHash.sol";
import {Shares} from "../libraries/Shares.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {Titles} from "../libraries/Titles.sol";
import {TokenSlot} from "../libraries/TokenSlot.sol";
import {Economics, Edge, Registration, Title} from "../libraries/Types.sol";

/// @title WorkRegistry
/// @notice The titles of all works: ERC-721, token id = uint256(sha256(master)).
/// @dev Rules of rights R1 and R5–R7 are stated in docs/SPECIFICATION.md; functions name those they uphold. A title
/// is one slot: its holder (160 bits) and 96 bits of state, see Titles.
contract WorkRegistry is IWorkRegistry, ERC721, EIP712, Pausable {
    /// @dev sha256(""), written out: the compiler would call the precompile at every registration.
    uint256 private constant EMPTY_WORK = 0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;
    /// @dev Smaller ids name series of shares. Threat: a work registered under the id of another work's next series.
    uint256 private constant LEAST_WORK = 1 << 192;
    /// @dev The last 31 epochs are kept for judgements: nobody keeps a title by using up its epochs.
    uint256 private constant LAST_EPOCH = type(uint24).max - Titles.MAX_SERIES;
    /// @dev ERC-2981: one twentieth, 5 %.
    uint256 private constant RESALE_DIVISOR = 20;

    /// @notice Seconds during which a title gives way to an earlier priority, counted from its own.
    uint256 public immutable GRACE;

    IRoyaltyLedger public immutable LEDGER;
    IOfferBook public immutable BOOK;
    ILicensing public immutable LICENSING;
    IRoyaltyInboxes public immutable INBOXES;

    /// @dev Block number (high 128 bits) and time (low 128 bits) of each open commitment.
    mapping(bytes32 commitment => uint256) private _commitments;
    mapping(uint256 work => bytes32) private _metadata;
    mapping(address account => uint256) private _epochs;

    constructor(
        address admin,
        uint32 grace,
        IRoyaltyLedger ledger,
        IOfferBook book,
        ILicensing licensing,
        IRoyaltyInboxes inboxes
    ) Pausable(admin) {
        GRACE = grace;
        LEDGER = ledger;
        BOOK = book;
        LICENSING = licensing;
        INBOXES = inboxes;
    }

    /// @notice Takes back what Licensing did not spend on a derivative; coins from anybody else would be nobody's.
    receive() external payable {
        if (msg.sender != address(LICENSING)) revert WorkRegistry__WrongValue(msg.value, 0);
    }

    /// @inheritdoc IWorkRegistry
    function commit(bytes32 commitment) external {
        if (_commitments[commitment] != 0) return;
        _commitments[commitment] = block.number << 128 | block.timestamp;
        emit Committed(commitment);
    }

    /// @inheritdoc IWorkRegistry
    function register(Registration calldata r) external payable whenRunning {
        _requireSpent(_registerOwn(r, msg.value));
    }

    /// @inheritdoc IWorkRegistry
    function registerBatch(Registration[] calldata registrations) external payable whenRunning {
        uint256 rest = msg.value;
        for (uint256 i; i < registrations.length; ++i) {
            rest = _registerOwn(registrations[i], rest);
        }
        _requireSpent(rest);
    }

    /// @inheritdoc IWorkRegistry
    /// @dev R6: the digest binds chain, contract, salt, epoch and deadline; R1 makes it single-use.
    function registerBySig(Registration calldata r, uint256 deadline, bytes calldata signature)
        external
        payable
        whenRunning
    {
        if (block.timestamp > deadline) revert WorkRegistry__Expired(deadline);
        bytes32 digest = hashRegistration(r, _epochs[r.registrant], deadline);
        if (!Signatures.check(r.registrant, digest, signature)) {
            revert WorkRegistry__BadSignature(r.registrant, digest);
        }
        _requireSpent(_register(r, msg.value));
    }

    /// @inheritdoc IWorkRegistry
    function setMetadata(uint256 work, bytes32 metadata) external {
        _requireHolder(work);
        _metadata[work] = metadata;
        emit MetadataUpdate(work);
    }

    /// @inheritdoc IWorkRegistry
    /// @dev Threat: who took somebody's work and uses up its epochs before it can be taken back. There is nothing to
    /// void before the title is final.
    function advanceWorkEpoch(uint256 work) external {
        _requireHolder(work);
        uint256 state = _getExtraData(work);
        _requireFinal(work, state);
        _setExtraData(work, _nextEpoch(work, state));
    }

    /// @inheritdoc IWorkRegistry
    /// @dev The offer book asks for the holder, whose title it found to be final.
    function voidOffers(uint256 work) external {
        if (msg.sender != address(BOOK)) revert WorkRegistry__NotOfferBook(msg.sender);
        _setExtraData(work, _nextEpoch(work, _getExtraData(work)));
    }

    /// @inheritdoc IWorkRegistry
    function advanceEpoch() external {
        emit EpochAdvanced(msg.sender, ++_epochs[msg.sender]);
    }

    /// @notice ERC-721.
    function approve(address account, uint256 work) public payable override {
        _requireNoValue();
        super.approve(account, work);
    }

    /// @inheritdoc IWorkRegistry
    function markIssued(uint256 work) external {
        _requireLedger();
        uint256 packed = _requireWork(work);
        TokenSlot.store(work, packed | Titles.ISSUED << 160);
    }

    /// @inheritdoc IWorkRegistry
    /// @dev A title that may still give way cannot be disputed: whoever took it over would inherit the dispute.
    function markDisputed(uint256 work, bool open) external {
        _requireLedger();
        uint256 state = _requireWork(work) >> 160;
        _requireFinal(work, state);
        _setExtraData(work, uint96(open ? state | Titles.DISPUTED : state & ~Titles.DISPUTED));
        emit DisputeMarked(work, open);
    }

    /// @inheritdoc IWorkRegistry
    /// @dev The epoch cannot wrap: it rises with the series here, and by the holder's doing to LAST_EPOCH at most.
    function retitle(uint256 work, address winner) external {
        _requireLedger();
        uint256 packed = _requireWork(work);
        (address former, uint256 state) = (address(uint160(packed)), packed >> 160);
        uint256 series = (state >> Titles.SERIES_AT & Titles.MAX_SERIES) + 1;
        if (series > Titles.MAX_SERIES) revert WorkRegistry__SeriesUsedUp(work);
        state = (state & ~(Titles.ISSUED | Titles.DISPUTED)) + (1 << Titles.SERIES_AT) + (1 << Titles.EPOCH_AT);
        _setExtraData(work, uint96(state));
        _transfer(former, winner, work);
        emit WorkEpochAdvanced(work, state >> Titles.EPOCH_AT);
        emit DisputeMarked(work, false);
        emit Retitled(work, former, winner, series);
    }

    /// @inheritdoc IWorkRegistry
    function titleOf(uint256 work) public view returns (Title memory) {
        (uint256 packed, uint256 finalAt) = packedTitleOf(work);
        Title memory title;
        Titles.unpack(title, packed, finalAt);
        return title;
    }

    /// @inheritdoc IWorkRegistry
    function packedTitleOf(uint256 work) public view returns (uint256 packed, uint256 finalAt) {
        packed = _requireWork(work);
        return (packed, _finalAt(packed >> 160));
    }

    /// @inheritdoc IWorkRegistry
    function metadataOf(uint256 work) external view returns (bytes32) {
        _requireWork(work);
        return _metadata[work];
    }

    /// @inheritdoc IWorkRegistry
    function royaltyInfo(uint256 work, uint256 price) external view returns (address receiver, uint256 amount) {
        _requireWork(work);
        return (INBOXES.inboxOf(work), price / RESALE_DIVISOR);
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
        _requireWork(work);
        return Cid.uri(_metadata[work]);
    }

    /// @notice ERC-165: ERC-721 and its metadata, ERC-2981, ERC-4906.
    function supportsInterface(bytes4 id) public view override returns (bool) {
        return id == 0x2a55205a || id == 0x49064906 || super.supportsInterface(id);
    }

    function _registerOwn(Registration calldata r, uint256 funds) private returns (uint256 rest) {
        if (msg.sender != r.registrant) revert WorkRegistry__NotRegistrant(r.registrant, msg.sender);
        return _register(r, funds);
    }

    /// @dev R1: one title per content hash; the only exception is a priority earlier than that of a title which is not
    /// final.
    /// @param funds native coins that may be spent
    /// @return rest what is left of them
    function _register(Registration calldata r, uint256 funds) private returns (uint256 rest) {
        if (r.work < LEAST_WORK || r.work == EMPTY_WORK) revert WorkRegistry__EmptyWork(r.work);
        uint256 state = r.salt == 0 ? block.timestamp : _reveal(r);
        uint256 epoch = _giveWay(r.work, state);
        Edge[] memory edges;
        uint256 upstream;
        (edges, upstream, rest) = _adapt(r, funds);
        emit WorkRegistered(r.work, r.registrant, r.metadata, r.provenance, r.iscc, upstream, _finalAt(state));

        state |= upstream << Titles.UPSTREAM_AT | edges.length << Titles.PARENTS_AT | epoch << Titles.EPOCH_AT;
        if (r.shareRoot != 0) state |= Titles.ISSUED;
        _mintAndSetExtraDataUnchecked(r.registrant, r.work, uint96(state));
        _metadata[r.work] = r.metadata;
        if (edges.length != 0) LEDGER.link(r.work, edges);
        if (r.shareRoot != 0) LEDGER.root(r.work, r.shareRoot);
        if (_forSale(r)) BOOK.publish(r.work, r.listings, r.bounds, r.economics);
    }

    /// @dev Threat: a watcher who copies a reveal. The commitment names the registrant, and must be from an earlier
    /// block.
    /// @return priorityAt Unix seconds of the commitment
    function _reveal(Registration calldata r) private returns (uint256 priorityAt) {
        bytes32 commitment = keccak256(abi.encode(r.registrant, r.work, r.salt));
        uint256 made = _commitments[commitment];
        if (made == 0) revert WorkRegistry__CommitmentUnknown(commitment);
        if (made >> 128 == block.number) revert WorkRegistry__CommitmentTooYoung(commitment, block.number);
        delete _commitments[commitment];
        return uint128(made);
    }

    /// @dev Threat: a watcher who reads the work's id from a reveal and registers it at once, or commits and reveals
    /// faster. Such a title is not final yet, so nothing was earned, sold, derived or transferred under it, and it can
    /// be taken back whole.
    /// @return epoch zero for a new work, else the next epoch, which voids the listings made under the former title
    function _giveWay(uint256 work, uint256 priorityAt) private returns (uint256 epoch) {
        address former = _ownerOf(work);
        if (former == address(0)) return 0;
        uint256 state = _getExtraData(work);
        if (priorityAt >= uint40(state) || block.timestamp >= _finalAt(state)) {
            revert WorkRegistry__AlreadyRegistered(work, former);
        }
        epoch = _nextEpoch(work, state) >> Titles.EPOCH_AT;
        _burn(work);
        if (state >> Titles.PARENTS_AT & Titles.PARENTS_MASK != 0) {
            LEDGER.link(work, new Edge[](0));
            BOOK.unlimit(work);
        }
        if (state & Titles.ISSUED != 0) LEDGER.root(work, 0);
        emit MetadataUpdate(work);
    }

    /// @dev R5: Licensing uses up one live permit of every parent. R7: it pays for them, and a token that is paid with
    /// could register the same work meanwhile.
    function _adapt(Registration calldata r, uint256 funds)
        private
        returns (Edge[] memory edges, uint256 upstream, uint256 rest)
    {
        uint256 parents = r.permits.length + r.purchases.length;
        if (parents == 0) return (edges, 0, funds);
        if (parents > Shares.MAX_PARENTS) revert WorkRegistry__TooManyParents(parents);
        (edges, rest) = LICENSING.adapt{value: funds}(r.work, r.registrant, r.permits, r.purchases);
        rest = funds - rest;
        address other = _ownerOf(r.work);
        if (other != address(0)) revert WorkRegistry__AlreadyRegistered(r.work, other);
        for (uint256 i; i < edges.length; ++i) {
            upstream += edges[i].upstream;
        }
        if (upstream > Shares.MAX_UPSTREAM) revert WorkRegistry__UpstreamTooHigh(upstream);
    }

    function _forSale(Registration calldata r) private pure returns (bool) {
        Economics calldata e = r.economics;
        return r.listings.length | r.bounds.length | e.minPrice | e.minUpstream | e.quorum != 0;
    }

    function _finalAt(uint256 state) private view returns (uint256) {
        return uint40(state) + GRACE;
    }

    function _requireSpent(uint256 rest) private view {
        if (rest != 0) revert WorkRegistry__WrongValue(msg.value, msg.value - rest);
    }

    /// @dev ERC-721 lets these functions be payable; coins sent with them would be nobody's.
    function _requireNoValue() private view {
        if (msg.value != 0) revert WorkRegistry__WrongValue(msg.value, 0);
    }

    function _requireLedger() private view {
        if (msg.sender != address(LEDGER)) revert WorkRegistry__NotLedger(msg.sender);
    }

    function _requireHolder(uint256 work) private view {
        if (_ownerOf(work) != msg.sender) revert WorkRegistry__NotHolder(work, msg.sender);
    }

    /// @return packed state 96 | holder 160
    function _requireWork(uint256 work) private view returns (uint256 packed) {
        packed = TokenSlot.load(work);
        if (uint160(packed) == 0) revert WorkRegistry__UnknownWork(work);
    }

    function _requireFinal(uint256 work, uint256 state) private view {
        if (block.timestamp < _finalAt(state)) revert WorkRegistry__NotFinal(work, _finalAt(state));
    }

    /// @dev Threat: a holder who advances the epoch until it wraps, sells the title, and finds old listings alive.
    /// @return the state with the next epoch
    function _nextEpoch(uint256 work, uint256 state) private returns (uint96) {
        uint256 epoch = (state >> Titles.EPOCH_AT) + 1;
        if (epoch > LAST_EPOCH) revert WorkRegistry__EpochsUsedUp(work);
        emit WorkEpochAdvanced(work, epoch);
        return uint96(state + (1 << Titles.EPOCH_AT));
    }

    /// @dev A title that changes hands leaves its shares, and the money they earned, with the former holder (M6). The
    /// ledger's own call is a judgement, which says itself what becomes of the shares.
    function _beforeTokenTransfer(address from, address to, uint256 work) internal override {
        if (from == address(0) || to == address(0) || msg.sender == address(LEDGER)) return;
        _requireNoValue();
        uint256 state = _getExtraData(work);
        _requireFinal(work, state);
        if (state & Titles.DISPUTED != 0) revert WorkRegistry__Disputed(work);
        if (state & Titles.ISSUED == 0) LEDGER.issue(work, from);
        _setExtraData(work, _nextEpoch(work, state | Titles.ISSUED));
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("WorkRegistry", "1");
    }
}
