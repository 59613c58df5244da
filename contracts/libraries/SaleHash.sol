// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IRightsExchange} from "../interfaces/IRightsExchange.sol";
import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";

/// @title SaleHash
/// @notice EIP-712 struct hash of a signed sale, its pulls included.
/// @dev Source: EIP-712, "Definition of encodeData": an array is the keccak256 of its encoded elements. The type
/// strings stand in docs/SPECIFICATION.md.
library SaleHash {
    bytes private constant PULL = "Pull(uint256 child,uint256 edge,uint256 currency)";
    bytes private constant SALE =
        "Sale(address seller,uint8 asset,uint256 work,uint8 series,uint32 units,uint8 currency,uint256 price,"
        "address buyer,uint40 expiry,uint24 workEpoch,uint256 signerEpoch,uint256 nonce,bytes32 advances,Pull[] pulls)";

    bytes32 private constant PULL_TYPEHASH = keccak256(PULL);
    bytes32 private constant SALE_TYPEHASH = keccak256(abi.encodePacked(SALE, PULL));

    /// @dev In two halves: fifteen words at once are too many for the stack. Static words simply follow each other.
    function hash(IRightsExchange.Sale calldata s) internal pure returns (bytes32) {
        bytes memory what =
            abi.encode(SALE_TYPEHASH, s.seller, s.asset, s.work, s.series, s.units, s.currency, s.price);
        bytes memory when =
            abi.encode(s.buyer, s.expiry, s.workEpoch, s.signerEpoch, s.nonce, s.advances, _pulls(s.pulls));
        return keccak256(bytes.concat(what, when));
    }

    function _pulls(IRoyaltyLedger.Pull[] calldata pulls) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](pulls.length);
        for (uint256 i; i < pulls.length; ++i) {
            hashes[i] = keccak256(abi.encode(PULL_TYPEHASH, pulls[i]));
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
