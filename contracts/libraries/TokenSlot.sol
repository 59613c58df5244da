// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @title TokenSlot
/// @notice The one slot of a token of Solady's ERC721: extra data 96 | owner 160, read and written as a whole.
/// @dev Solady has functions for each part alone, which read the slot once more. Its place, from
/// solady/src/tokens/ERC721.sol, STORAGE:
///     mstore(0x00, id)    mstore(0x1c, SEED)  slot = 2·id + keccak256(0x00, 0x20)
library TokenSlot {
    /// @dev Solady's `_ERC721_MASTER_SLOT_SEED`.
    uint256 private constant SEED = 0x7d8825530a5a2e7a << 192;

    /// @notice Extra data and owner, without an owner for a burnt token, zero for one that was never minted.
    function load(uint256 id) internal view returns (uint256 packed) {
        uint256 slot = _at(id);
        assembly ("memory-safe") {
            packed := sload(slot)
        }
    }

    /// @notice Writes both.
    function store(uint256 id, uint256 packed) internal {
        uint256 slot = _at(id);
        assembly ("memory-safe") {
            sstore(slot, packed)
        }
    }

    function _at(uint256 id) private pure returns (uint256 slot) {
        assembly ("memory-safe") {
            mstore(0x00, id)
            mstore(0x1c, SEED)
            slot := add(id, add(id, keccak256(0x00, 0x20)))
        }
    }
}
