// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title SmartWallet
/// @notice A contract account that signs by ERC-1271 with its owner's key, calls out, and may refuse native coins.
contract SmartWallet is IERC1271 {
    struct Call {
        address target;
        uint256 value;
        bytes data;
    }

    address public immutable OWNER;

    bool private _refusing;

    error SmartWallet__NotOwner(address caller);
    error SmartWallet__Refusing();

    constructor(address owner) {
        OWNER = owner;
    }

    receive() external payable {
        if (_refusing) revert SmartWallet__Refusing();
    }

    /// @notice Refuses or accepts native coins from now on.
    function setRefusing(bool refusing) external {
        _refusing = refusing;
    }

    /// @notice Makes all calls in one transaction; a failure's reason is passed on.
    function execute(Call[] calldata calls) external payable {
        if (msg.sender != OWNER) revert SmartWallet__NotOwner(msg.sender);
        for (uint256 i; i < calls.length; ++i) {
            (bool success, bytes memory answer) = calls[i].target.call{value: calls[i].value}(calls[i].data);
            if (!success) {
                assembly ("memory-safe") {
                    revert(add(answer, 32), mload(answer))
                }
            }
        }
    }

    /// @notice ERC-1271.
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(hash, signature);
        bool valid = failure == ECDSA.RecoverError.NoError && signer == OWNER;
        return valid ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}
