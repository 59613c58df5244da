// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";

/// @title Tender
/// @notice Money in one of the ledger's currencies: what a module takes, pays out, and passes on to works.
/// @dev M4: tokens are counted by balance difference. Callers hold a lock, since tokens and receivers may call back.
library Tender {
    error Tender__WrongValue(uint256 sent, uint256 expected);
    error Tender__PaymentFailed(address to, uint256 currency, uint256 amount);

    /// @notice Takes `amount` from the caller of the module; native coins come with the call.
    /// @return received minor units that arrived
    function take(IRoyaltyLedger ledger, uint256 currency, uint256 amount) internal returns (uint256 received) {
        uint256 coins = currency == 0 ? amount : 0;
        if (msg.value != coins) revert Tender__WrongValue(msg.value, coins);
        if (currency == 0) return coins;
        address token = ledger.currencyAt(currency);
        uint256 before = SafeTransferLib.balanceOf(token, address(this));
        SafeTransferLib.safeTransferFrom(token, msg.sender, address(this), amount);
        return SafeTransferLib.balanceOf(token, address(this)) - before;
    }

    /// @notice Pays `amount` out; reverts when the recipient or the token refuses, and for the module itself, which
    /// nobody could make pay it out again.
    function pay(IRoyaltyLedger ledger, uint256 currency, address to, uint256 amount) internal {
        if (to == address(this)) revert Tender__PaymentFailed(to, currency, amount);
        if (currency != 0) SafeTransferLib.safeTransfer(ledger.currencyAt(currency), to, amount);
        else if (!SafeTransferLib.trySafeTransferETH(to, amount, gasleft())) {
            revert Tender__PaymentFailed(to, currency, amount);
        }
    }

    /// @notice Lets `spender` take `amount`.
    /// @return coins native coins that have to be sent with the call instead
    function allow(IRoyaltyLedger ledger, uint256 currency, address spender, uint256 amount)
        internal
        returns (uint256 coins)
    {
        if (currency == 0) return amount;
        SafeTransferLib.safeApproveWithRetry(ledger.currencyAt(currency), spender, amount);
    }
}
