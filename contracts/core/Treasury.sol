// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {LibCall} from "solady/utils/LibCall.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";

/// @title Treasury
/// @notice The ledger's currencies, and how money comes in and goes out.
/// @dev Every function that calls a token or sends coins holds the lock (R7). The admin appends currencies and can do
/// nothing else (M7).
abstract contract Treasury is IRoyaltyLedger, Ownable2Step {
    uint256 internal constant MAX_TOKENS = 3;
    /// @dev ERC-3009: receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)
    bytes4 private constant RECEIVE_WITH_AUTHORIZATION = 0xef55bec6;

    uint256 private constant FREE = 1;
    uint256 private constant TAKEN = 2;

    uint256 private _lock = FREE; // never zero: a slot that changes costs less than one that is created
    uint256 private _tokenCount;
    mapping(uint256 currency => address token) private _tokens; // from 1; a mapping has no length to read

    error Reentrancy();

    /// @dev Two calls, since the contract's size counts.
    modifier nonReentrant() {
        _enter();
        _;
        _leave();
    }

    constructor(address admin) Ownable(admin) {}

    /// @inheritdoc IRoyaltyLedger
    function addCurrency(address token) external onlyOwner returns (uint256 currency) {
        if (token.code.length == 0) revert RoyaltyLedger__NotAToken(token);
        if (_tokenCount == MAX_TOKENS) revert RoyaltyLedger__TooManyCurrencies();
        for (uint256 i = 1; i <= _tokenCount; ++i) {
            if (_tokens[i] == token) revert RoyaltyLedger__CurrencyExists(token);
        }
        currency = ++_tokenCount;
        _tokens[currency] = token;
        emit CurrencyAdded(currency, token);
    }

    /// @inheritdoc IRoyaltyLedger
    function currencyAt(uint256 currency) public view returns (address token) {
        if (currency == 0) return address(0);
        token = _tokens[currency];
        if (token == address(0)) revert RoyaltyLedger__UnknownCurrency(currency);
    }

    /// @inheritdoc IRoyaltyLedger
    function currencyCount() public view returns (uint256) {
        return _tokenCount + 1;
    }

    function _enter() private {
        if (_lock == TAKEN) revert Reentrancy();
        _lock = TAKEN;
    }

    function _leave() private {
        _lock = FREE;
    }

    /// @dev M4: a token is counted by the ledger's own balance. State read before this call may be stale after it: a
    /// token may call back whatever needs no lock.
    function _receive(address payer, uint256 currency, uint256 amount, bytes calldata authorization)
        internal
        returns (uint256 credited)
    {
        uint256 coins = currency == 0 ? amount : 0;
        if (msg.value != coins) revert RoyaltyLedger__WrongValue(msg.value, coins);
        credited = currency == 0 ? coins : _take(currencyAt(currency), payer, amount, authorization);
        if (credited == 0) revert RoyaltyLedger__ZeroAmount();
    }

    /// @dev M4: of each currency arrives what is due, neither less nor more. Everything is credited before: a token
    /// that calls back finds no state that changes after it.
    /// @param due minor units, by currency
    function _receiveAll(address payer, uint256[MAX_TOKENS + 1] memory due) internal {
        if (msg.value != due[0]) revert RoyaltyLedger__WrongValue(msg.value, due[0]);
        for (uint256 currency = 1; currency <= MAX_TOKENS; ++currency) {
            if (due[currency] == 0) continue;
            uint256 received = _take(currencyAt(currency), payer, due[currency], msg.data[:0]);
            if (received != due[currency]) revert RoyaltyLedger__WrongReceipt(received, due[currency]);
        }
    }

    function _take(address token, address payer, uint256 amount, bytes calldata authorization)
        private
        returns (uint256)
    {
        uint256 before = SafeTransferLib.balanceOf(token, address(this));
        if (authorization.length == 0) {
            SafeTransferLib.safeTransferFrom(token, payer, address(this), amount);
        } else {
            bytes memory head = abi.encodeWithSelector(RECEIVE_WITH_AUTHORIZATION, payer, address(this), amount);
            LibCall.callContract(token, bytes.concat(head, authorization));
        }
        return SafeTransferLib.balanceOf(token, address(this)) - before;
    }

    function _pay(address to, uint256 currency, uint256 amount) internal {
        _requirePaid(_tryPay(to, currency, amount, gasleft()), to, currency, amount);
    }

    /// @dev One place for all, since the contract's size counts. Of shares, `currency` is their id.
    function _requirePaid(bool paid, address to, uint256 currency, uint256 amount) internal pure {
        if (!paid) revert RoyaltyLedger__PaymentFailed(to, currency, amount);
    }

    /// @dev Money paid to the ledger itself would be nobody's. A token may answer nothing, true, or anything else; only
    /// the first two are payment. Nothing beyond the first word of an answer is copied.
    function _tryPay(address to, uint256 currency, uint256 amount, uint256 gasLimit) internal returns (bool paid) {
        if (to == address(this)) return false;
        if (currency == 0) return SafeTransferLib.trySafeTransferETH(to, amount, gasLimit);
        address token = currencyAt(currency);
        assembly ("memory-safe") {
            mstore(0x14, to)
            mstore(0x34, amount) // reaches into the free memory pointer, which is below 2¹²⁸ and comes back below
            mstore(0x00, 0xa9059cbb000000000000000000000000) // transfer(address,uint256)
            paid := call(gasLimit, token, 0, 0x10, 0x44, 0x00, 0x20)
            paid := and(paid, or(iszero(returndatasize()), and(gt(returndatasize(), 31), eq(mload(0x00), 1))))
            mstore(0x34, 0)
        }
    }
}
