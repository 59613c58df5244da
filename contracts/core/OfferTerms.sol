// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {EIP712} from "solady/utils/EIP712.sol";

import {ILicensing} from "../interfaces/ILicensing.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {IWorkRegistry} from "../interfaces/IWorkRegistry.sol";
import {Scope} from "../libraries/Scope.sol";
import {Shares} from "../libraries/Shares.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {Titles} from "../libraries/Titles.sol";
import {Terms, Title} from "../libraries/Types.sol";

/// @title OfferTerms
/// @notice The first part of the offer book: terms, and what the other parts ask of titles and signatures.
/// @dev Terms are three slots: all that a sale needs in the first, guarantee and ceiling, text.
abstract contract OfferTerms is IOfferBook, EIP712 {
    /// @dev Longest that an exclusive licence lives.
    uint256 private constant MAX_EXCLUSIVE = 10 * 365 days;

    IWorkRegistry public immutable REGISTRY;
    IRoyaltyLedger public immutable LEDGER;
    ILicensing public immutable LICENSING;

    uint256 private _termsCount;

    mapping(uint256 terms => Terms) internal _terms;
    mapping(uint256 terms => bytes32) internal _digests;
    mapping(bytes32 digest => uint256) private _termsNumbers;
    mapping(address account => uint256) private _epochs;

    constructor(IWorkRegistry registry, IRoyaltyLedger ledger, ILicensing licensing) {
        REGISTRY = registry;
        LEDGER = ledger;
        LICENSING = licensing;
    }

    /// @inheritdoc IOfferBook
    function registerTerms(Terms calldata stated) external returns (uint256 number) {
        Terms memory content = stated; // smaller code than reading call data five times
        if (_areBad(content)) revert OfferBook__BadTerms(content);
        if (content.guarantee | content.ceiling != 0) _requireCurrency(content.currency);
        bytes32 digest = keccak256(abi.encode(content));
        number = _termsNumbers[digest];
        if (number != 0) revert OfferBook__TermsExist(number);
        number = ++_termsCount;
        _terms[number] = content;
        _digests[number] = digest;
        _termsNumbers[digest] = number;
        emit TermsRegistered(number, digest, content);
    }

    /// @inheritdoc IOfferBook
    function advanceEpoch() external {
        emit EpochAdvanced(msg.sender, ++_epochs[msg.sender]);
    }

    /// @inheritdoc IOfferBook
    function termsOf(uint256 terms) public view returns (Terms memory) {
        return _requireTerms(terms);
    }

    /// @inheritdoc IOfferBook
    function termsNumber(bytes32 digest) external view returns (uint256) {
        return _termsNumbers[digest];
    }

    /// @inheritdoc IOfferBook
    function epochOf(address account) public view returns (uint256) {
        return _epochs[account];
    }

    /// @dev No registered terms have an empty scope.
    function _requireTerms(uint256 terms) internal view returns (Terms storage t) {
        t = _terms[terms];
        if (t.scope == 0) revert OfferBook__UnknownTerms(terms);
    }

    /// @dev The ledger refuses what is not in its list; the native coin always is.
    function _requireCurrency(uint256 currency) internal view {
        if (currency != 0) LEDGER.currencyAt(currency);
    }

    function _titleOf(uint256 work) internal view returns (Title memory title) {
        (uint256 packed, uint256 finalAt) = REGISTRY.packedTitleOf(work);
        Titles.unpack(title, packed, finalAt);
    }

    function _requireHolder(uint256 work, Title memory title) internal view {
        if (title.holder != msg.sender) revert OfferBook__NotHolder(work, msg.sender);
    }

    function _requireFinal(uint256 work, Title memory title) internal view {
        if (block.timestamp < title.finalAt) revert OfferBook__NotFinal(work, title.finalAt);
    }

    function _requireSignature(address signer, bytes32 digest, bytes calldata signature) internal view {
        if (!Signatures.check(signer, digest, signature)) revert OfferBook__BadSignature(signer, digest);
    }

    function _areBad(Terms memory t) private pure returns (bool) {
        bool emptyScope = !Scope.overlap(t.scope, t.scope);
        bool contradictory = t.ceiling != 0 && t.ceiling < t.guarantee || t.renewable && t.duration == 0;
        bool tooExclusive = t.exclusive
            && (t.duration == 0 || t.duration > MAX_EXCLUSIVE || t.refundDays != 0 || t.renewable);
        return t.upstream > Shares.MAX_UPSTREAM || emptyScope || contradictory || tooExclusive;
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("OfferBook", "1");
    }
}
