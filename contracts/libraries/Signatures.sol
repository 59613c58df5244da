// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {ECDSA} from "solady/utils/ECDSA.sol";
import {SignatureCheckerLib} from "solady/utils/SignatureCheckerLib.sol";

/// @title Signatures
/// @notice Whether an account agreed to a digest: with its key, or by ERC-1271 when it is a contract.
library Signatures {
    /// @notice Whether `signature` is the agreement of `signer`, which is never the zero address.
    /// @dev Recovers first: a person's signature then costs no access of the signer's account. Malleable forms (high s,
    /// EIP-2098) are accepted, since every digest is either counted or reusable by design. Threat: a failed recovery
    /// yields the zero address, which must not pass for a signer named zero.
    function check(address signer, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        if (signer == address(0)) return false;
        if (ECDSA.tryRecoverCalldata(digest, signature) == signer) return true;
        return SignatureCheckerLib.isValidERC1271SignatureNowCalldata(signer, digest, signature);
    }
}
