// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Shares} from "./Shares.sol";

/// @notice What a work has earned in one currency, in one slot: flags 8 | upstream 24 | back 112 | gross 112, high to
/// low. `back` is what guarantees and ceilings left with the child; `upstream`, in parts per million, is the title's.
type Account is uint256;

using Accounts for Account global;

/// @title Accounts
/// @notice Reads and changes an account without taking it apart.
/// @dev Gross and back stay below 2¹⁰⁸ (the ledger checks), so that neither addition reaches its neighbour.
library Accounts {
    /// @notice From the first credit on: steady deposits need not ask the registry.
    uint256 internal constant KNOWN = 1 << 248;
    /// @notice There was an advance, or revenue was diverted.
    uint256 internal constant ADJUSTED = 2 << 248;
    /// @notice A dispute is open.
    uint256 internal constant FROZEN = 4 << 248;
    /// @notice A series of the work's shares has ended.
    uint256 internal constant SPANNED = 8 << 248;
    uint256 private constant FLAGS = 255 << 248;
    uint256 private constant UPSTREAM_AT = 224;
    uint256 private constant BACK_AT = 112;

    /// @notice An account without money.
    function opened(uint256 upstream, bool disputed, bool spanned) internal pure returns (Account) {
        uint256 word = KNOWN | upstream << UPSTREAM_AT;
        if (disputed) word |= FROZEN;
        if (spanned) word |= SPANNED;
        return Account.wrap(word);
    }

    /// @notice Whether it was never credited.
    function isBlank(Account a) internal pure returns (bool) {
        return Account.unwrap(a) == 0;
    }

    /// @notice Whether it has no flag but KNOWN.
    function isPlain(Account a) internal pure returns (bool) {
        return Account.unwrap(a) & FLAGS == KNOWN;
    }

    /// @notice Whether it has a flag.
    function has(Account a, uint256 flag) internal pure returns (bool) {
        return Account.unwrap(a) & flag != 0;
    }

    /// @notice The account with a flag more.
    function mark(Account a, uint256 flag) internal pure returns (Account) {
        return Account.wrap(Account.unwrap(a) | flag);
    }

    /// @notice The account with a flag less.
    function unmark(Account a, uint256 flag) internal pure returns (Account) {
        return Account.wrap(Account.unwrap(a) & ~flag);
    }

    /// @notice Minor units ever credited.
    function gross(Account a) internal pure returns (uint256) {
        return uint112(Account.unwrap(a));
    }

    /// @notice N = G − ⌊G·S/1e6⌋ + back. Never falls: each wei credited raises the floor by at most one.
    function net(Account a) internal pure returns (uint256) {
        uint256 word = Account.unwrap(a);
        unchecked {
            uint256 owed = Shares.floor(uint112(word), uint24(word >> UPSTREAM_AT));
            return uint112(word) - owed + uint112(word >> BACK_AT);
        }
    }

    /// @notice The account with `amount` more gross.
    function plusGross(Account a, uint256 amount) internal pure returns (Account) {
        return Account.wrap(Account.unwrap(a) + amount);
    }

    /// @notice The account with `amount` more that stays with the child.
    function plusBack(Account a, uint256 amount) internal pure returns (Account) {
        return Account.wrap(Account.unwrap(a) + (amount << BACK_AT));
    }
}
