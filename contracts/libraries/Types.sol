// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @notice What a registrant states about a work. Signed as EIP-712 when somebody else pays the gas.
/// @param work       uint256(sha256(master))
/// @param registrant account that receives the title and all royalty shares
/// @param metadata   sha256 of the metadata JSON (RFC 8785); its CIDv1 is 0x01 55 12 20 ‖ metadata
/// @param provenance sha256 of the provenance record, zero when there is none
/// @param iscc       ISO 24138 units META|CONTENT|DATA|INSTANCE, header and body each; empty for featureless works
/// @param permits    licences that allow this derivative, one for each parent; empty for an original
/// @param listings   prices at which anybody may buy
/// @param bounds     delegates who may quote, and how far
/// @param salt       salt of a commitment made in an earlier block, or zero to register at once
struct Registration {
    uint256 work;
    address registrant;
    bytes32 metadata;
    bytes32 provenance;
    bytes iscc;
    uint256[] permits;
    Listing[] listings;
    Bounds[] bounds;
    bytes32 salt;
}

/// @notice A fixed price for licences of one work under one set of terms.
/// @param terms    number of the terms in Licensing
/// @param currency index into the ledger's currency list
/// @param price    minor units of the currency; zero is a free licence
struct Listing {
    uint32 terms;
    uint8 currency;
    uint104 price;
}

/// @notice How far a delegate may quote on behalf of the title's holder.
/// @param delegate account that signs the quotes
/// @param terms    number of the terms
/// @param currency index into the ledger's currency list
/// @param floor    lowest price, minor units
/// @param ceiling  highest price, minor units
/// @param expiry   Unix seconds; the delegation is void from then on
/// @param perDay   most licences that the delegate's quotes may sell in one UTC day
struct Bounds {
    address delegate;
    uint32 terms;
    uint8 currency;
    uint104 floor;
    uint104 ceiling;
    uint40 expiry;
    uint32 perDay;
}

/// @notice A machine-readable licence.
/// @param scope          rights16 | territories32 | media16, high to low
/// @param duration       seconds that a licence lives; zero is for ever
/// @param upstream       parts per million of its gross that a derivative owes
/// @param maxDerivatives derivatives that one licence permits
/// @param transferable   whether the licence token may change hands
/// @param lasting        whether derivatives may be sold after the permit expired
/// @param text           sha256 of the terms JSON (RFC 8785), which carries the legal text
struct Terms {
    uint64 scope;
    uint40 duration;
    uint24 upstream;
    uint16 maxDerivatives;
    bool transferable;
    bool lasting;
    bytes32 text;
}

/// @notice A child's debt to one parent.
/// @param parent   work that is owed
/// @param upstream parts per million of the child's gross
struct Edge {
    uint256 parent;
    uint24 upstream;
}

/// @notice The state of a title, as the sibling contracts read it.
/// @param holder       owner of the ERC-721 token, who controls licensing
/// @param registeredAt Unix seconds
/// @param finalAt      Unix seconds from which the work can earn, be sold and change hands
/// @param upstream     parts per million of the gross that all edges together owe
/// @param parents      number of edges
/// @param epoch        rises when the title changes hands or its holder revokes every open offer and quote
/// @param issued       whether the royalty shares stand in the ledger; before that the holder has them all
struct Title {
    address holder;
    uint40 registeredAt;
    uint40 finalAt;
    uint24 upstream;
    uint8 parents;
    uint24 epoch;
    bool issued;
}
