// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @title IRoyaltyInboxes
/// @notice An address for every work, which anybody may pay in any token: marketplaces that know ERC-2981 and nothing
/// of the ledger. Anybody sweeps it into the ledger.
interface IRoyaltyInboxes {
    /// @notice `amount` went from the inbox of `work` into the ledger.
    event Swept(uint256 indexed work, uint256 indexed currency, uint256 amount);

    error RoyaltyInboxes__NothingToSweep(uint256 work, uint256 currency);

    /// @notice Address of a work's inbox, whether or not anything was deployed there (CREATE2).
    function inboxOf(uint256 work) external view returns (address);

    /// @notice Moves the whole balance of one of the ledger's currencies into the ledger. Tokens that are no currency
    /// wait.
    function sweep(uint256 work, uint256 currency) external returns (uint256 amount);
}
