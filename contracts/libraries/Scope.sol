// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @title Scope
/// @notice What a licence covers: rights 16 | territories 32 | media 16, high to low, one bit each.
/// @dev A use is one right, in one territory, in one medium; a scope covers the product of its three sets. Which bit is
/// which right is named once, off chain (offchain/workflows/terms/scope.py); training of models is bit 6, a right that
/// no other implies.
library Scope {
    uint64 private constant RIGHTS = 0xffff000000000000;
    uint64 private constant TERRITORIES = 0x0000ffffffff0000;
    uint64 private constant MEDIA = 0x000000000000ffff;

    /// @notice Whether some use is in both scopes.
    function overlap(uint64 a, uint64 b) internal pure returns (bool) {
        uint64 both = a & b;
        return both & RIGHTS != 0 && both & TERRITORIES != 0 && both & MEDIA != 0;
    }

    /// @notice Whether every use in `inner` is in `outer`.
    function covers(uint64 outer, uint64 inner) internal pure returns (bool) {
        return inner & ~outer == 0;
    }
}
