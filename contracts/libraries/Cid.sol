// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @title Cid
/// @notice Writes the content identifier of a raw block: CIDv1, codec raw, multihash sha2-256.
/// @dev Source: multiformats CID specification; base32 without padding (RFC 4648 §6), lower case, multibase prefix
/// `b`.
library Cid {
    bytes32 private constant ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
    /// @dev 0x01 (version) 0x55 (raw) 0x12 (sha2-256) 0x20 (32 bytes): 36 bytes with the digest, 288 bits, 58
    /// characters.
    uint256 private constant PREFIX = 0x01551220;
    uint256 private constant CHARACTERS = 58;

    /// @notice `ipfs://` and the CID of the block whose sha256 is `digest`.
    function uri(bytes32 digest) internal pure returns (string memory) {
        return string.concat("ipfs://b", string(_base32(digest)));
    }

    /// @dev 36 bytes are 288 bits; two zero bits at the end make 58 groups of five.
    function _base32(bytes32 digest) private pure returns (bytes memory text) {
        text = new bytes(CHARACTERS);
        uint256 low = uint256(digest);
        for (uint256 i; i < CHARACTERS; ++i) {
            // Group i covers bits [290 − 5(i+1), 290 − 5i) of prefix ‖ digest ‖ 00.
            uint256 shift = 5 * (CHARACTERS - 1 - i);
            uint256 group;
            if (shift >= 258) group = PREFIX >> (shift - 258);
            else if (shift >= 2) group = (low >> (shift - 2)) | (PREFIX << (258 - shift));
            else group = low << (2 - shift);
            text[i] = ALPHABET[group & 31];
        }
    }
}
