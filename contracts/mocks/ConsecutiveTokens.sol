// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {ConsecutiveERC721} from "../libraries/ConsecutiveERC721.sol";

/// @title ConsecutiveTokens
/// @notice Bare tokens that are minted several at a time, and carries out whole histories of what people try with them.
contract ConsecutiveTokens is ConsecutiveERC721 {
    enum Kind {
        MINT,
        TRANSFER,
        OPERATE,
        BURN,
        APPROVE,
        SET_DATA
    }

    /// @notice One attempt; each kind reads the fields that it needs.
    struct Attempt {
        Kind kind;
        address by;
        address from;
        address to;
        uint256 id;
        uint256 quantity;
        uint96 data;
    }

    /// @notice A token as its readers see it; zeros where it does not exist.
    struct Token {
        address owner;
        address approved;
        uint96 data;
    }

    event Attempted(bool success);

    error ConsecutiveTokens__OutsideCall(address caller);

    /// @notice Makes every attempt in its turn and tells which succeeded.
    function attempt(Attempt[] calldata attempts) external {
        for (uint256 i; i < attempts.length; ++i) {
            try this.make(attempts[i]) {
                emit Attempted(true);
            } catch {
                emit Attempted(false);
            }
        }
    }

    /// @notice One attempt. OPERATE is the public transfer with this contract as operator, the others are made by `by`.
    function make(Attempt calldata a) external {
        if (msg.sender != address(this)) revert ConsecutiveTokens__OutsideCall(msg.sender);
        if (a.kind == Kind.MINT) _mintConsecutive(a.to, a.quantity, a.data);
        else if (a.kind == Kind.TRANSFER) _transfer(a.by, a.from, a.to, a.id);
        else if (a.kind == Kind.OPERATE) transferFrom(a.from, a.to, a.id);
        else if (a.kind == Kind.BURN) _burn(a.by, a.id);
        else if (a.kind == Kind.APPROVE) _approve(a.by, a.to, a.id);
        else if (_exists(a.id)) _setExtraData(a.id, a.data);
        else revert TokenDoesNotExist();
    }

    /// @notice Writes the spare bits of the caller's balance.
    function setAux(uint224 value) external {
        _setAux(msg.sender, value);
    }

    /// @notice The spare bits of a balance.
    function auxOf(address owner) external view returns (uint224) {
        return _getAux(owner);
    }

    /// @notice All tokens numbered below `end`.
    function tokens(uint256 end) external view returns (Token[] memory all) {
        all = new Token[](end);
        for (uint256 id; id < end; ++id) {
            if (_exists(id)) all[id] = Token(ownerOf(id), getApproved(id), _getExtraData(id));
        }
    }

    /// @notice Whether `account` may move a token.
    function mayMove(address account, uint256 id) external view returns (bool) {
        return _isApprovedOrOwner(account, id);
    }

    /// @notice ERC-721.
    function name() public pure override returns (string memory) {
        return "Consecutive Tokens";
    }

    /// @notice ERC-721.
    function symbol() public pure override returns (string memory) {
        return "TOKENS";
    }

    /// @notice ERC-721.
    function tokenURI(uint256) public pure override returns (string memory) {
        return "";
    }
}
