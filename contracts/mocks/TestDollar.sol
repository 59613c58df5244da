// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title TestDollar
/// @notice Play money with 6 decimals and ERC-2612 for chain ids 1337 and 31337; anybody may mint.
contract TestDollar is ERC20Permit {
    error TestDollar__LiveChain(uint256 chainId);

    constructor() ERC20("Test Dollar", "TUSD") ERC20Permit("TestDollar") {
        if (block.chainid != 1337 && block.chainid != 31337) revert TestDollar__LiveChain(block.chainid);
    }

    /// @notice Mints `amount` minor units to `to`.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice ERC-20.
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
