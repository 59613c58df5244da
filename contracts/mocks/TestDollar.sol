// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title TestDollar
/// @notice Play money with 6 decimals, ERC-2612 and ERC-3009 for chain ids 1337 and 31337; anybody may mint.
/// @dev ERC-3009 as USDC has it: an authorization is valid strictly between its two times, its nonces are unordered,
/// and only the payee can use one that was signed to be received.
contract TestDollar is ERC20Permit {
    bytes32 public constant TRANSFER_WITH_AUTHORIZATION_TYPEHASH = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,"
        "uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 public constant RECEIVE_WITH_AUTHORIZATION_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,"
        "uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 public constant CANCEL_AUTHORIZATION_TYPEHASH =
        keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");

    mapping(address authorizer => mapping(bytes32 nonce => bool)) private _used;

    /// @notice ERC-3009.
    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);
    /// @notice ERC-3009.
    event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce);

    error TestDollar__LiveChain(uint256 chainId);
    error TestDollar__NotPayee(address payee, address caller);
    error TestDollar__NotYetValid(uint256 validAfter);
    error TestDollar__Expired(uint256 validBefore);
    error TestDollar__AuthorizationUsed(address authorizer, bytes32 nonce);
    error TestDollar__BadSignature(address authorizer);

    constructor() ERC20("Test Dollar", "TUSD") ERC20Permit("TestDollar") {
        if (block.chainid != 1337 && block.chainid != 31337) revert TestDollar__LiveChain(block.chainid);
    }

    /// @notice Mints `amount` minor units to `to`.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice ERC-3009: anybody may carry it out.
    /// @dev Threat: somebody else sends what a contract waits to receive, and the contract never learns what it was
    /// for. Contracts take `receiveWithAuthorization`.
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        bytes32 content = keccak256(
            abi.encode(TRANSFER_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        _requireValidNow(validAfter, validBefore);
        _useAuthorization(from, nonce, content, v, r, s);
        emit AuthorizationUsed(from, nonce);
        _transfer(from, to, value);
    }

    /// @notice ERC-3009: the payee alone carries it out.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        if (to != msg.sender) revert TestDollar__NotPayee(to, msg.sender);
        bytes32 content = keccak256(
            abi.encode(RECEIVE_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        _requireValidNow(validAfter, validBefore);
        _useAuthorization(from, nonce, content, v, r, s);
        emit AuthorizationUsed(from, nonce);
        _transfer(from, to, value);
    }

    /// @notice ERC-3009: voids an authorization that was not used.
    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external {
        _useAuthorization(
            authorizer, nonce, keccak256(abi.encode(CANCEL_AUTHORIZATION_TYPEHASH, authorizer, nonce)), v, r, s
        );
        emit AuthorizationCanceled(authorizer, nonce);
    }

    /// @notice ERC-3009: whether an authorization was used or cancelled.
    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool) {
        return _used[authorizer][nonce];
    }

    /// @notice ERC-20.
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function _useAuthorization(address authorizer, bytes32 nonce, bytes32 content, uint8 v, bytes32 r, bytes32 s)
        private
    {
        if (_used[authorizer][nonce]) revert TestDollar__AuthorizationUsed(authorizer, nonce);
        if (ECDSA.recover(_hashTypedDataV4(content), v, r, s) != authorizer) {
            revert TestDollar__BadSignature(authorizer);
        }
        _used[authorizer][nonce] = true;
    }

    function _requireValidNow(uint256 validAfter, uint256 validBefore) private view {
        if (block.timestamp <= validAfter) revert TestDollar__NotYetValid(validAfter);
        if (block.timestamp >= validBefore) revert TestDollar__Expired(validBefore);
    }
}
