// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Edge, Purchase} from "../libraries/Types.sol";

/// @title ScriptedSibling
/// @notice Stands where Licensing, the offer book or Disputes stand beside a registry and a ledger: gives the next
/// derivative the edges it was told, and makes any call that anybody asks for.
contract ScriptedSibling {
    Edge[] private _edges;

    receive() external payable {}

    /// @notice Edges of the next derivatives.
    function setEdges(Edge[] calldata edges) external {
        delete _edges;
        for (uint256 i; i < edges.length; ++i) {
            _edges.push(edges[i]);
        }
    }

    /// @notice Calls `target`; a failure's reason is passed on.
    function execute(address target, bytes calldata data) external payable returns (bytes memory) {
        (bool success, bytes memory answer) = target.call{value: msg.value}(data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
        return answer;
    }

    /// @notice As ILicensing: nothing is bought and nothing is spent.
    function adapt(uint256, address, uint256[] calldata, Purchase[] calldata)
        external
        payable
        returns (Edge[] memory edges, uint256 spent)
    {
        return (_edges, 0);
    }

    /// @notice As IOfferBook: there is nothing to forget.
    function unlimit(uint256) external {}
}
