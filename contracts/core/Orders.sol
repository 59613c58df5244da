// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {EIP712} from "solady/utils/EIP712.sol";

import {ILicensing} from "../interfaces/ILicensing.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {Licences} from "./Licences.sol";

/// @title Orders
/// @notice Acceptances that buyers sign and anybody submits, each once. A part of Licensing.
/// @dev R6: the digest binds chain, contract, epoch and nonce. The epoch of a buyer's orders stands in the spare bits
/// of its balance, a slot that a sale to the buyer writes anyway.
abstract contract Orders is Licences, EIP712 {
    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "Order(address buyer,address recipient,bytes32 quote,"
        "uint256 maxPrice,uint40 expiry,uint256 epoch,uint256 nonce)"
    );

    mapping(address buyer => mapping(uint256 word => uint256)) private _nonces;

    /// @inheritdoc ILicensing
    function cancelOrder(uint256 nonce) external {
        _useNonce(msg.sender, nonce);
        emit OrderUsed(msg.sender, nonce, 0);
    }

    /// @inheritdoc ILicensing
    function advanceEpoch() external {
        uint224 epoch = _getAux(msg.sender) + 1;
        _setAux(msg.sender, epoch);
        emit EpochAdvanced(msg.sender, epoch);
    }

    /// @inheritdoc ILicensing
    function epochOf(address account) external view returns (uint256) {
        return _getAux(account);
    }

    /// @inheritdoc ILicensing
    function isNonceUsed(address buyer, uint256 nonce) external view returns (bool) {
        return _nonces[buyer][nonce >> 8] & (1 << (nonce & 255)) != 0;
    }

    /// @inheritdoc ILicensing
    function hashOrder(Order calldata order) public view returns (bytes32) {
        return _hashTypedData(keccak256(abi.encode(ORDER_TYPEHASH, order)));
    }

    /// @dev Whether the buyer signed it is for the caller to see.
    function _useOrder(Order calldata order) internal returns (bytes32 digest) {
        if (block.timestamp >= order.expiry) revert Licensing__Expired(order.expiry);
        uint256 epoch = _getAux(order.buyer);
        if (epoch != order.epoch) revert Licensing__WrongEpoch(order.buyer, epoch);
        _useNonce(order.buyer, order.nonce);
        digest = hashOrder(order);
        emit OrderUsed(order.buyer, order.nonce, digest);
    }

    function _requireSignature(address signer, bytes32 digest, bytes calldata signature) internal view {
        if (!Signatures.check(signer, digest, signature)) revert Licensing__BadSignature(signer, digest);
    }

    /// @dev 256 nonces share a slot, so that a buyer's later orders cost a warm-priced update instead of a new slot.
    function _useNonce(address buyer, uint256 nonce) private {
        uint256 mask = 1 << (nonce & 255);
        uint256 word = _nonces[buyer][nonce >> 8];
        if (word & mask != 0) revert Licensing__NonceUsed(buyer, nonce);
        _nonces[buyer][nonce >> 8] = word | mask;
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("Licensing", "1");
    }
}
