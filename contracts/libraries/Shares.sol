// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @title Shares
/// @notice Arithmetic of royalty shares: parts per million of a gross, units of a work.
library Shares {
    /// @notice Parts per million in a whole.
    uint256 internal constant PPM = 1_000_000;
    /// @notice Royalty share units of every series.
    uint256 internal constant UNITS = 1_000_000;
    /// @notice Most that all edges of a work may owe together, in parts per million.
    uint256 internal constant MAX_UPSTREAM = 900_000;
    /// @notice Most parents that a derivative may have.
    uint256 internal constant MAX_PARENTS = 16;

    /// @notice ⌊gross · ppm / 1e6⌋. Taken of cumulative amounts only, so that splitting a payment never changes what
    /// is owed.
    /// @dev Cannot overflow: gross < 2¹⁰⁸ and ppm ≤ 1e6 < 2²⁰.
    function floor(uint256 gross, uint256 ppm) internal pure returns (uint256) {
        unchecked {
            return gross * ppm / PPM;
        }
    }

    /// @notice E(x) = min(max(x, guarantee), ceiling); a ceiling of zero is none.
    /// @dev It never falls, and never rises faster than x, so what a parent gains by it is at most what the child owes.
    function bounded(uint256 x, uint256 guarantee, uint256 ceiling) internal pure returns (uint256) {
        if (x < guarantee) return guarantee;
        return ceiling != 0 && x > ceiling ? ceiling : x;
    }
}
