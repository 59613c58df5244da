// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Haste} from "./Haste.sol";

/// @title HastyReceiver
/// @notice Makes its laid call when it is paid in native coins.
contract HastyReceiver is Haste {
    receive() external payable {
        _spring();
    }
}
