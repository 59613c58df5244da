// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {ERC721} from "solady/tokens/ERC721.sol";

import {TokenSlot} from "./TokenSlot.sol";

/// @title ConsecutiveERC721
/// @notice ERC-721 tokens numbered from 1, of which one mint makes up to 256 and writes only the first.
/// @dev On Solady's ERC721, whose storage (solady/src/tokens/ERC721.sol, STORAGE) is read here too: TokenSlot, and
///     mstore(0x1c, SEED)  mstore(0x00, owner) slot = keccak256(0x0c, 0x1c)         aux 224 | balance 32
/// An empty slot of a number that was minted means the same as the nearest lower one that is written. Whatever changes
/// a token writes its slot and the next one first, so that no other token changes with it. A burnt token keeps its
/// extra data, which is never zero, so its slot is never taken for an empty one.
/// Reading a token that was never touched costs up to 255 slots; approving it writes it. Mint with `_mintConsecutive`
/// alone. Solady's functions that read a slot in assembly are overridden here, or run `_beforeTokenTransfer` first.
abstract contract ConsecutiveERC721 is ERC721 {
    /// @notice Most tokens of one mint: bounds the scan for the nearest written slot.
    uint256 internal constant MAX_BATCH = 256;

    /// @dev Solady's `_ERC721_MASTER_SLOT_SEED`.
    uint256 private constant SEED = 0x7d8825530a5a2e7a << 192;

    uint88 private _last; // number of the newest token

    error ConsecutiveERC721__CoinsRefused(uint256 sent);

    /// @notice ERC-721. Refuses coins.
    /// @dev Threat: Solady's function is payable, and coins sent with it would stay here for ever.
    function approve(address account, uint256 id) public payable override {
        _refuseCoins();
        super.approve(account, id);
    }

    /// @notice ERC-721. Refuses coins, as do the safe transfers, which call it.
    function transferFrom(address from, address to, uint256 id) public payable override {
        _refuseCoins();
        super.transferFrom(from, to, id);
    }

    /// @notice ERC-721.
    function getApproved(uint256 id) public view override returns (address) {
        ownerOf(id);
        return _getApproved(id);
    }

    /// @dev Mints `quantity` tokens, 1 to MAX_BATCH, with the same extra data, which is not zero.
    /// @return first number of the first
    function _mintConsecutive(address to, uint256 quantity, uint96 extraData) internal returns (uint256 first) {
        // 2⁸⁸ tokens are out of reach.
        unchecked {
            first = uint256(_last) + 1;
            _last = uint88(_last + quantity);
            _mintAndSetExtraDataUnchecked(to, first, extraData);
            if (quantity == 1) return first;
            _raiseBalance(to, quantity - 1);
            for (uint256 i = 1; i < quantity; ++i) {
                emit Transfer(address(0), to, first + i);
            }
        }
    }

    function _exists(uint256 id) internal view override returns (bool) {
        return _ownerOf(id) != address(0);
    }

    function _ownerOf(uint256 id) internal view override returns (address) {
        return address(uint160(_packedOf(id)));
    }

    function _getExtraData(uint256 id) internal view override returns (uint96) {
        return uint96(_packedOf(id) >> 160);
    }

    function _setExtraData(uint256 id, uint96 value) internal override {
        _write(id);
        super._setExtraData(id, value);
    }

    function _isApprovedOrOwner(address account, uint256 id) internal view override returns (bool) {
        address owner = ownerOf(id);
        return account == owner || isApprovedForAll(owner, account) || account == _getApproved(id);
    }

    function _approve(address by, address account, uint256 id) internal override {
        _write(id);
        super._approve(by, account, id);
    }

    function _beforeTokenTransfer(address from, address, uint256 id) internal virtual override {
        if (from != address(0)) _write(id);
    }

    /// @dev Owner and extra data of a token: zero for one that was never minted, without an owner for a burnt one.
    function _packedOf(uint256 id) internal view returns (uint256 packed) {
        packed = TokenSlot.load(id);
        if (packed != 0 || id == 0 || id > _last) return packed;
        // The first token of every mint is written, so this ends after at most MAX_BATCH - 1 steps.
        while (packed == 0) packed = TokenSlot.load(--id);
    }

    /// @dev Threat: a token whose slot changes while those above it still read it.
    function _write(uint256 id) private {
        uint256 packed = _packedOf(id);
        if (TokenSlot.load(id) != packed) TokenSlot.store(id, packed);
        if (packed != 0 && id < _last && TokenSlot.load(id + 1) == 0) TokenSlot.store(id + 1, packed);
    }

    function _raiseBalance(address owner, uint256 amount) private {
        uint256 slot;
        uint256 packed;
        assembly ("memory-safe") {
            mstore(0x1c, SEED)
            mstore(0x00, owner)
            slot := keccak256(0x0c, 0x1c)
            packed := sload(slot)
        }
        if ((packed & _MAX_ACCOUNT_BALANCE) + amount > _MAX_ACCOUNT_BALANCE) revert AccountBalanceOverflow();
        assembly ("memory-safe") {
            sstore(slot, add(packed, amount))
        }
    }

    function _refuseCoins() private {
        if (msg.value != 0) revert ConsecutiveERC721__CoinsRefused(msg.value);
    }
}
