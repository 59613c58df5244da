// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IRoyaltyLedger} from "../interfaces/IRoyaltyLedger.sol";

/// @title RightsEscrow
/// @notice In its name a title or shares stand while they are up for auction. One clone for each auction.
/// @dev An account of its own, so that the ledger itself counts what the shares earn while they are here, apart from
/// every other auction's, to the millionth of a minor unit. Obeys the exchange that deployed it, and nobody else.
contract RightsEscrow {
    address public immutable EXCHANGE;
    IERC721 public immutable REGISTRY;
    IRoyaltyLedger public immutable LEDGER;

    error RightsEscrow__NotExchange(address caller);

    constructor(IERC721 registry, IRoyaltyLedger ledger) {
        (EXCHANGE, REGISTRY, LEDGER) = (msg.sender, registry, ledger);
    }

    modifier onlyExchange() {
        if (msg.sender != EXCHANGE) revert RightsEscrow__NotExchange(msg.sender);
        _;
    }

    /// @notice Lets pushes of what the shares earn here go to their seller.
    /// @dev Threat: whoever pushes tokens to this account, which could not pass them on.
    function setPayout(address seller) external onlyExchange {
        LEDGER.setPayout(seller);
    }

    /// @notice Hands over the title.
    /// @dev Without the callback of `safeTransferFrom`: no receiver can refuse what it bid on, or what it gets back.
    function giveTitle(uint256 work, address to) external onlyExchange {
        REGISTRY.transferFrom(address(this), to, work);
    }

    /// @notice Hands over shares.
    function giveShares(uint256 id, uint256 units, address to) external onlyExchange {
        LEDGER.transfer(to, id, units);
    }

    /// @notice Pays to `to` what the shares earned while they were here.
    function claim(uint256[] calldata ids, uint256 currency, address to)
        external
        onlyExchange
        returns (uint256 amount)
    {
        return LEDGER.claim(ids, currency, to);
    }
}
