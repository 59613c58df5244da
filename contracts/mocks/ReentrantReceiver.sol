// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";

import {Ambush} from "./Ambush.sol";

/// @title ReentrantReceiver
/// @notice An account that makes its laid calls while it is being paid in native coins or handed an ERC-721 token.
contract ReentrantReceiver is Ambush, IERC721Receiver {
    receive() external payable {
        _spring();
    }

    /// @notice ERC-721.
    function onERC721Received(address, address, uint256, bytes calldata) external returns (bytes4) {
        _spring();
        return IERC721Receiver.onERC721Received.selector;
    }

    /// @notice Calls `target` with `data`; anybody may ask.
    function execute(address target, uint256 value, bytes calldata data) external payable {
        (bool success, bytes memory answer) = target.call{value: value}(data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}
