// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// @notice What a registrant states about a work. Signed as EIP-712 when somebody else pays the gas.
/// @param work       uint256(sha256(master))
/// @param registrant account that receives the title and all royalty shares
/// @param metadata   sha256 of the metadata JSON (RFC 8785); its CIDv1 is 0x01 55 12 20 ‖ metadata
/// @param provenance sha256 of the provenance record, zero when there is none
/// @param iscc       ISO 24138 units META|CONTENT|DATA|INSTANCE, header and body each; empty for featureless works
/// @param permits    licences at hand that allow this derivative, one for each parent
/// @param purchases  offers that are bought and used up in this call, one for each further parent; quantity 1
/// @param listings   prices at which anybody may buy
/// @param bounds     delegates who may quote, and how far
/// @param economics  what the holder of the title can later lower only with the share holders; zeros for none
/// @param shareRoot  root of a Merkle-sum tree over the first distribution of shares, zero: all to the registrant
/// @param salt       salt of a commitment made in an earlier block, or zero to register at once
struct Registration {
    uint256 work;
    address registrant;
    bytes32 metadata;
    bytes32 provenance;
    bytes iscc;
    uint256[] permits;
    Purchase[] purchases;
    Listing[] listings;
    Bounds[] bounds;
    Economics economics;
    bytes32 shareRoot;
    bytes32 salt;
}

/// @notice What a buyer takes from a listing.
/// @param offer    number of the offer
/// @param content  keccak256(abi.encode(work, digest of the terms, currency, price)) of the offer: a number alone, of
///                 offer or terms, could mean another after a reorganisation of the chain
/// @param quantity licences, from 1
struct Purchase {
    uint256 offer;
    bytes32 content;
    uint32 quantity;
}

/// @notice A fixed price for licences of one work under one set of terms.
/// @param terms    number of the terms
/// @param currency index into the ledger's currency list
/// @param price    minor units of the currency; zero is a free licence
/// @param supply   most licences that it sells: an edition; zero for no limit
struct Listing {
    uint32 terms;
    uint8 currency;
    uint104 price;
    uint32 supply;
}

/// @notice How far a delegate may quote on behalf of the title's holder.
/// @param delegate account that signs the quotes
/// @param terms    number of the terms; never exclusive ones
/// @param currency index into the ledger's currency list
/// @param floor    lowest price, minor units
/// @param ceiling  highest price, minor units
/// @param expiry   Unix seconds; the delegation is void from the last whole hour before it on
/// @param perDay   most licences that the delegate's quotes may sell in one UTC day
struct Bounds {
    address delegate;
    uint32 terms;
    uint8 currency;
    uint104 floor;
    uint104 ceiling;
    uint40 expiry;
    uint24 perDay;
}

/// @notice Limits on what the title's holder may sell, for the sake of the share holders.
/// @dev Threat: a holder of the title, with few shares or none, who sells for nothing to himself.
/// @param currency    the only currency of new offers while `minPrice` is not zero
/// @param minPrice    lowest price of new offers, minor units
/// @param minUpstream least that derivatives under new offers owe, parts per million
/// @param quorum      units of shares whose holders must sign before any of this is lowered
struct Economics {
    uint8 currency;
    uint104 minPrice;
    uint24 minUpstream;
    uint24 quorum;
}

/// @notice A machine-readable licence.
/// @param scope          rights16 | territories32 | media16, high to low; see Scope
/// @param duration       seconds that a licence lives; zero is for ever
/// @param upstream       parts per million of its gross that a derivative owes
/// @param maxDerivatives derivatives that one licence permits
/// @param seats          accounts beside the holder that may use one licence
/// @param refundDays     whole UTC days after the day of sale during which the holder may give it back; zero for none
/// @param transferable   whether the licence token may change hands
/// @param lasting        whether derivatives may be sold after the permit expired
/// @param exclusive      whether no overlapping licence may be granted while it lives
/// @param renewable      whether its holder may extend it at the price it was sold at
/// @param currency       of guarantee and ceiling: index into the ledger's currency list
/// @param guarantee      minor units that a derivative pays its parent in advance
/// @param ceiling        most that a derivative ever pays its parent in that currency, guarantee included; zero: none
/// @param text           sha256 of the terms JSON (RFC 8785), which carries the legal text
struct Terms {
    uint64 scope;
    uint40 duration;
    uint24 upstream;
    uint16 maxDerivatives;
    uint16 seats;
    uint8 refundDays;
    bool transferable;
    bool lasting;
    bool exclusive;
    bool renewable;
    uint8 currency;
    uint104 guarantee;
    uint104 ceiling;
    bytes32 text;
}

/// @notice A child's debt to one parent: E(x) = min(max(x, guarantee), ceiling) of x, its share of the child's gross.
/// @param parent    work that is owed
/// @param upstream  parts per million of the child's gross
/// @param currency  of guarantee and ceiling; in other currencies the debt is x
/// @param guarantee minor units that were paid in advance
/// @param ceiling   minor units that are never exceeded; zero for none
struct Edge {
    uint256 parent;
    uint24 upstream;
    uint8 currency;
    uint104 guarantee;
    uint104 ceiling;
}

/// @notice The state of a title, as the sibling contracts read it.
/// @param holder     owner of the ERC-721 token, who controls licensing
/// @param priorityAt Unix seconds that count when two claim a work: of the commitment, else of the registration
/// @param finalAt    Unix seconds from which the work can earn, be sold and change hands
/// @param upstream   parts per million of the gross that all edges together owe
/// @param parents    number of edges
/// @param epoch      rises when the title changes hands or its holder revokes every open offer and quote
/// @param series     number of the current series of shares; rises when a judgement gives the title to somebody else
/// @param issued     whether the shares of that series stand in the ledger; before that the holder has them all
/// @param disputed   whether a dispute is open
struct Title {
    address holder;
    uint40 priorityAt;
    uint40 finalAt;
    uint24 upstream;
    uint8 parents;
    uint24 epoch;
    uint8 series;
    bool issued;
    bool disputed;
}
