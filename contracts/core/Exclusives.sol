// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {Scope} from "../libraries/Scope.sol";
import {Title} from "../libraries/Types.sol";
import {OfferTerms} from "./OfferTerms.sol";

/// @title Exclusives
/// @notice The part of the offer book that keeps exclusive grants apart from all others (R2).
/// @dev Counting never ends, and without it there is no exclusive. A listing knows whether grants were counted when it
/// was made, so that sales of other works need not ask. Threat: a listing from before, which would sell what a window
/// reserves. Counting begins with a new epoch, under which there is none.
abstract contract Exclusives is OfferTerms {
    uint256 private constant MAX_WINDOWS = 8;

    mapping(uint256 work => Exclusivity) private _headers;
    mapping(uint256 work => mapping(uint256 index => Window)) private _windows;

    /// @inheritdoc IOfferBook
    function countGrants(uint256 work) external {
        Title memory title = _titleOf(work);
        _requireHolder(work, title);
        _requireFinal(work, title);
        Exclusivity storage header = _headers[work];
        if (header.counting) revert OfferBook__AlreadyCounting(work);
        header.counting = true;
        emit CountingBegan(work);
        REGISTRY.voidOffers(work);
    }

    /// @inheritdoc IOfferBook
    function exclusivityOf(uint256 work) public view returns (Exclusivity memory) {
        return _headers[work];
    }

    /// @inheritdoc IOfferBook
    function windowAt(uint256 work, uint256 index) public view returns (Window memory) {
        return _windows[work][index];
    }

    /// @dev R2: counts a sale, refuses what a live window reserves, and opens a window for an exclusive.
    /// @param scope  of the licences
    /// @param stated grants that the quote of an exclusive names. Threat: a seller who quotes an exclusive and licenses
    ///               the same use to others before the buyer takes it
    function _grant(Sale memory sale, uint32 quantity, uint64 scope, bool exclusive, uint32 stated) internal {
        uint256 work = sale.work;
        Exclusivity memory header = _headers[work];
        if (!header.counting) {
            if (exclusive) revert OfferBook__NotCounting(work);
            return;
        }
        _requireFree(work, scope, header);
        if (exclusive) {
            if (stated != header.grants) revert OfferBook__GrantsChanged(work, stated, header.grants);
            _reserve(sale, scope, header);
        }
        header.grants += quantity;
        _headers[work] = header;
    }

    function _isCounting(uint256 work) internal view returns (bool) {
        return _headers[work].counting;
    }

    /// @dev R2: no live window reserves any use in `scope`.
    function _requireFree(uint256 work, uint64 scope) internal view {
        _requireFree(work, scope, exclusivityOf(work));
    }

    function _requireFree(uint256 work, uint64 scope, Exclusivity memory header) private view {
        if (block.timestamp >= header.until || !Scope.overlap(header.scopes, scope)) return;
        for (uint256 i; i < header.windows; ++i) {
            Window memory window = windowAt(work, i);
            if (block.timestamp < window.until && Scope.overlap(window.scope, scope)) {
                revert OfferBook__Reserved(work, window.offer, window.until);
            }
        }
    }

    /// @dev Opens a window in place of one that is over, or behind the others, and restates the union of the live ones.
    function _reserve(Sale memory sale, uint64 scope, Exclusivity memory header) private {
        uint256 at = header.windows;
        (header.scopes, header.until) = (scope, sale.expiry);
        for (uint256 i; i < header.windows; ++i) {
            Window memory window = windowAt(sale.work, i);
            if (block.timestamp >= window.until) {
                at = i;
            } else {
                header.scopes |= window.scope;
                if (window.until > header.until) header.until = window.until;
            }
        }
        if (at == MAX_WINDOWS) revert OfferBook__TooManyExclusives(sale.work);
        if (at == header.windows) header.windows = uint8(at + 1);
        _windows[sale.work][at] = Window(scope, sale.expiry, uint56(sale.offer));
        emit ExclusiveGranted(sale.work, sale.offer, scope, sale.expiry);
    }
}
