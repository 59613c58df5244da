// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";

/// @title RoyaltyInbox
/// @notice What stands behind every inbox: it pays everything it has of one currency into the ledger, when its factory
/// says so. It can do nothing else.
/// @dev Reached by delegated call from the inboxes. An inbox takes native coins without asking this contract, so that
/// even a transfer with 2,300 gas arrives.
contract RoyaltyInbox {
    IRoyaltyLedger private immutable LEDGER;
    address private immutable FACTORY = msg.sender;

    error RoyaltyInbox__NotFactory(address caller);

    constructor(IRoyaltyLedger ledger) {
        LEDGER = ledger;
    }

    /// @notice Deposits `amount` of a currency to `work`. Factory only: it alone knows whose inbox this is.
    /// @param token the currency's token, zero for native coins
    function deposit(uint256 work, uint256 currency, address token, uint256 amount)
        external
        returns (uint256 credited)
    {
        if (msg.sender != FACTORY) revert RoyaltyInbox__NotFactory(msg.sender);
        if (token == address(0)) return LEDGER.deposit{value: amount}(work, currency, amount);
        SafeTransferLib.safeApproveWithRetry(token, address(LEDGER), amount);
        return LEDGER.deposit(work, currency, amount);
    }
}
