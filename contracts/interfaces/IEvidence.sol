// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {IArbitrator} from "./IArbitrator.sol";

/// @title IEvidence
/// @notice ERC-1497: what arbitrators are told about a dispute.
interface IEvidence {
    /// @notice What a kind of dispute is about and what each ruling means: URI of a JSON document.
    event MetaEvidence(uint256 indexed _metaEvidenceID, string _evidence);
    /// @notice Somebody submitted evidence: URI of a JSON document.
    event Evidence(
        IArbitrator indexed _arbitrator, uint256 indexed _evidenceGroupID, address indexed _party, string _evidence
    );
    /// @notice A dispute was created over the question of `_metaEvidenceID`.
    event Dispute(
        IArbitrator indexed _arbitrator,
        uint256 indexed _disputeID,
        uint256 _metaEvidenceID,
        uint256 _evidenceGroupID
    );
}
