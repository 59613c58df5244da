// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @title MerkleSum
/// @notice Merkle tree whose nodes carry the sum below them, so that no set of leaves can claim more than the root
/// says.
/// @dev A node is keccak256(abi.encode(left hash, left sum, right hash, right sum)), a leaf is hashed twice by its
/// user: 128 bytes against 32, so that neither can pass for the other. The path's direction is the leaf's index, low
/// bit first.
library MerkleSum {
    /// @notice A node beside the path, leaf first.
    struct Sibling {
        bytes32 hash;
        uint128 sum;
    }

    /// @notice Root hash and root sum above a leaf. The index must be used up by the path, so each leaf has one index.
    function root(bytes32 leaf, uint256 sum, uint256 index, Sibling[] calldata proof)
        internal
        pure
        returns (bytes32 hash, uint256 total, bool whole)
    {
        (hash, total) = (leaf, sum);
        for (uint256 i; i < proof.length; ++i) {
            Sibling calldata s = proof[i];
            hash = index & 1 == 0
                ? keccak256(abi.encode(hash, total, s.hash, s.sum))
                : keccak256(abi.encode(s.hash, s.sum, hash, total));
            total += s.sum;
            index >>= 1;
        }
        whole = index == 0;
    }
}
