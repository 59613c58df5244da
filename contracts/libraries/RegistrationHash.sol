// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Bounds, Listing, Purchase, Registration} from "./Types.sol";

/// @title RegistrationHash
/// @notice EIP-712 struct hash of a registration, nested structs and arrays included.
/// @dev Source: EIP-712, "Definition of encodeData": an array is the keccak256 of its encoded elements, a struct its
/// own hash; "Definition of encodeType": referenced structs follow in the order of their names. The type strings stand
/// in docs/SPECIFICATION.md and are compared with Python and JavaScript byte for byte.
library RegistrationHash {
    bytes private constant BOUNDS =
        "Bounds(address delegate,uint32 terms,uint8 currency,uint104 floor,uint104 ceiling,"
        "uint40 expiry,uint24 perDay)";
    bytes private constant ECONOMICS = "Economics(uint8 currency,uint104 minPrice,uint24 minUpstream,uint24 quorum)";
    bytes private constant LISTING = "Listing(uint32 terms,uint8 currency,uint104 price,uint32 supply)";
    bytes private constant PURCHASE = "Purchase(uint256 offer,bytes32 content,uint32 quantity)";
    bytes private constant REGISTRATION =
        "Registration(uint256 work,address registrant,bytes32 metadata,bytes32 provenance,bytes iscc,"
        "uint256[] permits,Purchase[] purchases,Listing[] listings,Bounds[] bounds,Economics economics,"
        "bytes32 shareRoot,bytes32 salt,uint256 epoch,uint256 deadline)";

    bytes32 private constant BOUNDS_TYPEHASH = keccak256(BOUNDS);
    bytes32 private constant ECONOMICS_TYPEHASH = keccak256(ECONOMICS);
    bytes32 private constant LISTING_TYPEHASH = keccak256(LISTING);
    bytes32 private constant PURCHASE_TYPEHASH = keccak256(PURCHASE);
    bytes32 private constant REGISTRATION_TYPEHASH =
        keccak256(abi.encodePacked(REGISTRATION, BOUNDS, ECONOMICS, LISTING, PURCHASE));

    /// @param epoch    epoch of the registrant's registrations
    /// @param deadline Unix seconds after which the signature is void
    function hash(Registration calldata r, uint256 epoch, uint256 deadline) internal pure returns (bytes32) {
        // In two halves: fifteen words at once are more than the compiler's stack holds.
        bytes memory content = abi.encode(
            REGISTRATION_TYPEHASH,
            r.work,
            r.registrant,
            r.metadata,
            r.provenance,
            keccak256(r.iscc),
            keccak256(abi.encodePacked(r.permits))
        );
        bytes memory sales = abi.encode(
            _purchases(r.purchases),
            _listings(r.listings),
            _bounds(r.bounds),
            keccak256(abi.encode(ECONOMICS_TYPEHASH, r.economics)),
            r.shareRoot,
            r.salt,
            epoch,
            deadline
        );
        return keccak256(bytes.concat(content, sales));
    }

    function _purchases(Purchase[] calldata purchases) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](purchases.length);
        for (uint256 i; i < purchases.length; ++i) {
            hashes[i] = keccak256(abi.encode(PURCHASE_TYPEHASH, purchases[i]));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _listings(Listing[] calldata listings) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](listings.length);
        for (uint256 i; i < listings.length; ++i) {
            hashes[i] = keccak256(abi.encode(LISTING_TYPEHASH, listings[i]));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _bounds(Bounds[] calldata bounds) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](bounds.length);
        for (uint256 i; i < bounds.length; ++i) {
            hashes[i] = keccak256(abi.encode(BOUNDS_TYPEHASH, bounds[i]));
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
