// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {IWorkRegistry} from "../interfaces/IWorkRegistry.sol";
import {Shares} from "../libraries/Shares.sol";
import {Title} from "../libraries/Types.sol";

/// @title RoyaltyShares
/// @notice ERC-6909 units of royalty shares: 1,000,000 a work, id = work. No receiver callback.
/// @dev A work's units are implicit, all with the title's holder, until they are issued: before the first transfer of
/// shares or title. `_settle` credits what both sides earned before a balance changes (M6).
abstract contract RoyaltyShares is IRoyaltyLedger {
    IWorkRegistry public immutable REGISTRY;

    mapping(uint256 work => mapping(address holder => uint256)) private _units;
    mapping(address owner => mapping(address spender => mapping(uint256 work => uint256))) private _allowances;
    mapping(address owner => mapping(address spender => bool)) private _operators;

    constructor(IWorkRegistry registry) {
        REGISTRY = registry;
    }

    /// @inheritdoc IRoyaltyLedger
    function issue(uint256 work, address holder) external {
        if (msg.sender != address(REGISTRY)) revert RoyaltyLedger__NotRegistry(msg.sender);
        _issue(work, holder);
    }

    /// @inheritdoc IRoyaltyLedger
    function transfer(address receiver, uint256 work, uint256 units) external returns (bool) {
        _transfer(msg.sender, receiver, work, units);
        return true;
    }

    /// @inheritdoc IRoyaltyLedger
    function transferFrom(address sender, address receiver, uint256 work, uint256 units) external returns (bool) {
        if (msg.sender != sender && !_operators[sender][msg.sender]) _spendAllowance(sender, work, units);
        _transfer(sender, receiver, work, units);
        return true;
    }

    /// @inheritdoc IRoyaltyLedger
    function approve(address spender, uint256 work, uint256 units) external returns (bool) {
        _allowances[msg.sender][spender][work] = units;
        emit Approval(msg.sender, spender, work, units);
        return true;
    }

    /// @inheritdoc IRoyaltyLedger
    function setOperator(address spender, bool approved) external returns (bool) {
        _operators[msg.sender][spender] = approved;
        emit OperatorSet(msg.sender, spender, approved);
        return true;
    }

    /// @inheritdoc IRoyaltyLedger
    function balanceOf(address owner, uint256 work) public view returns (uint256 units) {
        units = _units[work][owner];
        if (units != 0) return units;
        Title memory title = REGISTRY.titleOf(work);
        if (!title.issued && title.holder == owner) units = Shares.UNITS;
    }

    /// @inheritdoc IRoyaltyLedger
    function allowance(address owner, address spender, uint256 work) external view returns (uint256) {
        return _allowances[owner][spender][work];
    }

    /// @inheritdoc IRoyaltyLedger
    function isOperator(address owner, address spender) external view returns (bool) {
        return _operators[owner][spender];
    }

    /// @notice ERC-165: ERC-6909.
    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == 0x01ffc9a7 || id == 0x0f632fb3;
    }

    /// @dev Credits `holder`, who has `units`, with everything `work` earned since its last settlement, in every
    /// currency.
    function _settle(uint256 work, address holder, uint256 units) internal virtual;

    function _issue(uint256 work, address holder) private {
        _units[work][holder] = Shares.UNITS;
        emit Transfer(msg.sender, address(0), holder, work, Shares.UNITS);
    }

    function _transfer(address sender, address receiver, uint256 work, uint256 units) private {
        if (receiver == address(0)) revert RoyaltyLedger__ZeroAddress();
        uint256 held = _issuedUnits(work, sender);
        if (held < units) revert RoyaltyLedger__InsufficientShares(sender, work, held, units);
        uint256 receiving = _units[work][receiver];
        _settle(work, sender, held);
        _settle(work, receiver, receiving);
        if (sender != receiver) {
            unchecked {
                _units[work][sender] = held - units;
                _units[work][receiver] = receiving + units; // never above 1,000,000: units are only moved
            }
        }
        emit Transfer(msg.sender, sender, receiver, work, units);
    }

    /// @dev Units of `holder`, after the work's shares were issued to whoever had them implicitly. Threat: a transfer
    /// of zero units to an implicit holder would otherwise settle that holder as if it held nothing.
    function _issuedUnits(uint256 work, address holder) private returns (uint256 units) {
        units = _units[work][holder];
        if (units != 0) return units;
        Title memory title = REGISTRY.titleOf(work);
        if (block.timestamp < title.finalAt) revert RoyaltyLedger__NotFinal(work, title.finalAt);
        if (title.issued) return 0;
        _issue(work, title.holder);
        REGISTRY.markIssued(work);
        return _units[work][holder];
    }

    function _spendAllowance(address owner, uint256 work, uint256 units) private {
        uint256 allowed = _allowances[owner][msg.sender][work];
        if (allowed < units) revert RoyaltyLedger__InsufficientAllowance(owner, msg.sender, work, units);
        if (allowed != type(uint256).max) _allowances[owner][msg.sender][work] = allowed - units;
    }
}
