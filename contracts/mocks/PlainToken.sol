// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title PlainToken
/// @notice An honest token with any number of decimals; anybody may mint.
contract PlainToken is ERC20 {
    uint8 private immutable DECIMALS;

    constructor(uint8 decimals_) ERC20("Plain", "PLAIN") {
        DECIMALS = decimals_;
    }

    /// @notice Mints `amount` minor units to `to`.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice ERC-20.
    function decimals() public view override returns (uint8) {
        return DECIMALS;
    }
}
