// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {LibCWIA} from "solady/utils/legacy/LibCWIA.sol";

import {IRoyaltyInboxes} from "../interfaces/IRoyaltyInboxes.sol";
import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {RoyaltyInbox} from "./RoyaltyInbox.sol";

/// @title RoyaltyInboxes
/// @notice An address for every work, which anybody may pay in any token, and anybody may sweep into the ledger.
/// @dev Clones of one inbox; the salt is the work. Of Solady's clones this kind alone takes native coins without a
/// delegated call, whose 2,600 gas for a cold account are more than the 2,300 of a plain transfer. R7: no state; the
/// ledger's lock and its count by balance difference hold against a token that calls back (M4).
contract RoyaltyInboxes is IRoyaltyInboxes {
    IRoyaltyLedger public immutable LEDGER;
    address private immutable INBOX;

    constructor(IRoyaltyLedger ledger) {
        LEDGER = ledger;
        INBOX = address(new RoyaltyInbox(ledger));
    }

    /// @inheritdoc IRoyaltyInboxes
    function inboxOf(uint256 work) public view returns (address) {
        return LibCWIA.predictDeterministicAddress(INBOX, "", bytes32(work), address(this));
    }

    /// @inheritdoc IRoyaltyInboxes
    /// @dev The ledger refuses a work that is unknown or not final: its money waits here.
    function sweep(uint256 work, uint256 currency) external returns (uint256 amount) {
        address token = LEDGER.currencyAt(currency);
        address inbox = inboxOf(work);
        amount = token == address(0) ? inbox.balance : SafeTransferLib.balanceOf(token, inbox);
        if (amount == 0) revert RoyaltyInboxes__NothingToSweep(work, currency);
        if (inbox.code.length == 0) LibCWIA.cloneDeterministic(INBOX, "", bytes32(work));
        amount = RoyaltyInbox(inbox).deposit(work, currency, token, amount);
        emit Swept(work, currency, amount);
    }
}
