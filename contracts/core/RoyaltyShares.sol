// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";
import {Shares} from "../libraries/Shares.sol";
import {Title} from "../libraries/Types.sol";
import {RoyaltyAccounts} from "./RoyaltyAccounts.sol";

/// @title RoyaltyShares
/// @notice ERC-6909 units of royalty shares: 1,000,000 a series. No receiver callback.
/// @dev The units of a work's current series are implicit, all with the title's holder, until they are issued: before
/// the first transfer of shares or title. What both sides earned is settled before a balance changes (M6).
abstract contract RoyaltyShares is RoyaltyAccounts {
    mapping(address owner => mapping(address spender => mapping(uint256 id => uint256))) private _allowances;
    mapping(address owner => mapping(address spender => bool)) private _operators;

    /// @inheritdoc IRoyaltyLedger
    function issue(uint256 work, address holder) external {
        _requireRegistry();
        _issue(_currentOf(work), holder);
    }

    /// @inheritdoc IRoyaltyLedger
    function transfer(address receiver, uint256 id, uint256 units) external returns (bool) {
        _transfer(msg.sender, receiver, id, units);
        return true;
    }

    /// @inheritdoc IRoyaltyLedger
    function transferFrom(address sender, address receiver, uint256 id, uint256 units) external returns (bool) {
        if (msg.sender != sender && !_operators[sender][msg.sender]) _spendAllowance(sender, id, units);
        _transfer(sender, receiver, id, units);
        return true;
    }

    /// @inheritdoc IRoyaltyLedger
    function approve(address spender, uint256 id, uint256 units) external returns (bool) {
        _allowances[msg.sender][spender][id] = units;
        emit Approval(msg.sender, spender, id, units);
        return true;
    }

    /// @inheritdoc IRoyaltyLedger
    function setOperator(address spender, bool approved) external returns (bool) {
        _operators[msg.sender][spender] = approved;
        emit OperatorSet(msg.sender, spender, approved);
        return true;
    }

    /// @inheritdoc IRoyaltyLedger
    function claimable(uint256 id, uint256 currency, address holder) external view returns (uint256) {
        (uint256 owed,) = _entitlement(id, currency, holder);
        return owed / Shares.UNITS;
    }

    /// @inheritdoc IRoyaltyLedger
    function balanceOf(address owner, uint256 id) public view returns (uint256 units) {
        units = _series[id].units[owner];
        if (units != 0) return units;
        uint256 work = _workOf(id);
        Title memory title = _title(work);
        if (!title.issued && title.holder == owner && shareId(work, title.series) == id) units = Shares.UNITS;
    }

    /// @inheritdoc IRoyaltyLedger
    function allowance(address owner, address spender, uint256 id) external view returns (uint256) {
        return _allowances[owner][spender][id];
    }

    /// @inheritdoc IRoyaltyLedger
    function isOperator(address owner, address spender) external view returns (bool) {
        return _operators[owner][spender];
    }

    /// @notice ERC-165: ERC-6909.
    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == 0x01ffc9a7 || id == 0x0f632fb3;
    }

    /// @dev Takes what `holder` has earned off its position; whole minor units, the remainder stays.
    function _withdraw(uint256 id, uint256 currency, address holder) internal returns (uint256 amount) {
        (uint256 owed, uint256 index) = _entitlement(id, currency, holder);
        amount = owed / Shares.UNITS;
        if (amount == 0) return 0;
        _line(id, currency).positions[holder] = index << 128 | owed % Shares.UNITS;
    }

    function _entitlement(uint256 id, uint256 currency, address holder)
        private
        view
        returns (uint256 owed, uint256 index)
    {
        index = _index(id, currency);
        owed = _owed(_line(id, currency).positions[holder], balanceOf(holder, id), index);
    }

    function _issue(uint256 id, address holder) internal {
        _series[id].units[holder] = Shares.UNITS;
        _tell(address(0), holder, id, Shares.UNITS);
    }

    /// @dev One place for all, since the contract's size counts.
    function _tell(address sender, address receiver, uint256 id, uint256 units) internal {
        emit Transfer(msg.sender, sender, receiver, id, units);
    }

    /// @dev Threats: units that nobody could move any more, in the name of the ledger; whoever moves nothing, to have
    /// implicit shares issued or settled as if there were none, or to tell of units that begin with nobody.
    function _transfer(address sender, address receiver, uint256 id, uint256 units) private {
        _requireAddress(sender);
        _requireAddress(receiver);
        _requirePaid(receiver != address(this), receiver, id, units);
        if (units != 0) _move(sender, receiver, id, units);
        _tell(sender, receiver, id, units);
    }

    function _move(address sender, address receiver, uint256 id, uint256 units) private {
        Series storage s = _series[id];
        uint256 held = _issuedUnits(s, id, sender);
        if (held < units) revert RoyaltyLedger__InsufficientShares(sender, id, held, units);
        uint256 receiving = s.units[receiver];
        uint256 count = currencyCount();
        for (uint256 currency; currency < count; ++currency) {
            uint256 index = _index(id, currency);
            Line storage line = s.lines[currency];
            _settle(line, sender, held, index, 0);
            if (receiver != sender) _settle(line, receiver, receiving, index, 0);
        }
        if (receiver != sender) {
            unchecked {
                s.units[sender] = held - units;
                s.units[receiver] = receiving + units; // never above 1,000,000: units are only moved
            }
        }
    }

    /// @dev Units of `holder`, issued now where it had them all implicitly.
    function _issuedUnits(Series storage s, uint256 id, address holder) private returns (uint256 units) {
        units = s.units[holder];
        if (units != 0) return units;
        uint256 work = _workOf(id);
        Title memory title = _title(work);
        _requireFinal(work, title);
        if (title.issued || title.holder != holder || shareId(work, title.series) != id) return 0;
        REGISTRY.markIssued(work);
        _issue(id, holder);
        return Shares.UNITS;
    }

    function _spendAllowance(address owner, uint256 id, uint256 units) private {
        uint256 allowed = _allowances[owner][msg.sender][id];
        if (allowed < units) revert RoyaltyLedger__InsufficientAllowance(owner, msg.sender, id, units);
        if (allowed != type(uint256).max) _allowances[owner][msg.sender][id] = allowed - units;
    }
}
