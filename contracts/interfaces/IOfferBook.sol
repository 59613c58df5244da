// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Bounds, Economics, Listing, Purchase, Terms} from "../libraries/Types.sol";

/// @title IOfferBook
/// @notice What may be sold: terms, listings, seller-signed quotes, delegates and their bounds, exclusive windows,
/// limits of derivatives, and what the holders of shares protect. Licensing asks it before every sale.
/// @dev An offer never changes; a quote becomes one when it is first used.
interface IOfferBook {
    /// @notice A seller-signed price (EIP-712). Reusable until expiry unless `buyer` or `maxQuantity` is set.
    /// @param work        what is licensed
    /// @param seller      who signs: holder of the title or its delegate
    /// @param terms       number of the terms
    /// @param currency    index into the ledger's currency list
    /// @param price       minor units
    /// @param buyer       the only account that may accept, zero for anybody; one sale unless `maxQuantity` says more
    /// @param maxQuantity most licences that it sells, zero for no limit of its own
    /// @param expiry      Unix seconds from which it is void
    /// @param workEpoch   epoch of the work when it was signed
    /// @param signerEpoch epoch of the seller in the offer book when it was signed
    /// @param grants      exclusive terms only: licences counted on the work when it was signed; a later grant voids it
    /// @param basis       digest of the pricing problem that led to this price, or any salt
    struct Quote {
        uint256 work;
        address seller;
        uint32 terms;
        uint8 currency;
        uint104 price;
        address buyer;
        uint32 maxQuantity;
        uint40 expiry;
        uint24 workEpoch;
        uint256 signerEpoch;
        uint32 grants;
        bytes32 basis;
    }

    /// @notice A share holder's signature that it agrees to new economics (EIP-712 `Consent`).
    /// @param deadline Unix seconds after which it is void
    struct Consent {
        address holder;
        uint256 deadline;
        bytes signature;
    }

    /// @notice What was offered. Never changes, but for `closed` and `sold`.
    /// @param quoted  whether it is sold on its quote alone
    /// @param counted of a listing: whether the work's grants were counted when it was made, as they then still are
    struct Offer {
        uint256 work;
        uint32 terms;
        uint8 currency;
        uint104 price;
        uint24 workEpoch;
        bool quoted;
        bool counted;
        bool closed;
        uint32 supply;
        uint32 sold;
    }

    /// @notice A sale that the offer book allows.
    /// @param offer    number of the offer
    /// @param price    minor units of one licence
    /// @param expiry   Unix seconds from which the licences prove nothing
    /// @param heldFor  UTC day until whose end they can be given back, zero: not at all
    struct Sale {
        uint256 offer;
        uint256 work;
        uint32 terms;
        uint8 currency;
        uint104 price;
        uint40 expiry;
        uint32 heldFor;
    }

    /// @notice What one licence of an offer permits to derivatives, and what they owe.
    /// @param work           the parent
    /// @param maxDerivatives derivatives that one licence permits
    /// @param upstream       parts per million of its gross that a derivative owes
    /// @param currency       of guarantee and ceiling
    /// @param guarantee      minor units that a derivative pays in advance
    /// @param ceiling        most that a derivative ever pays, zero for none
    /// @param lasting        whether a derivative may be sold after the permit expired
    /// @param sellUntil      Unix seconds until which the parent itself may be sold
    /// @param capScope       scope that terms and parent leave to a derivative
    struct Permission {
        uint256 work;
        uint16 maxDerivatives;
        uint24 upstream;
        uint8 currency;
        uint104 guarantee;
        uint104 ceiling;
        bool lasting;
        uint40 sellUntil;
        uint64 capScope;
    }

    /// @notice Licences and exclusives of a work, one slot.
    /// @param scopes   union of the scopes of all windows
    /// @param until    Unix seconds at which the last window ends
    /// @param windows  number of windows, at most 8
    /// @param grants   licences sold and renewed since counting began
    /// @param counting whether exclusives can be sold: the holder began to count grants
    struct Exclusivity {
        uint64 scopes;
        uint40 until;
        uint8 windows;
        uint32 grants;
        bool counting;
    }

    /// @notice An exclusive grant while it lives, one slot.
    struct Window {
        uint64 scope;
        uint40 until;
        uint56 offer;
    }

    event TermsRegistered(uint256 indexed terms, bytes32 indexed digest, Terms content);
    event OfferMade(
        uint256 indexed offer,
        uint256 indexed work,
        uint256 terms,
        uint256 currency,
        uint256 price,
        uint256 supply,
        bytes32 quote
    );
    event OfferClosed(uint256 indexed offer);
    event BoundsSet(
        uint256 indexed work,
        address indexed holder,
        address indexed delegate,
        uint256 terms,
        uint256 currency,
        uint256 floor,
        uint256 ceiling,
        uint256 expiry,
        uint256 perDay
    );
    event EconomicsSet(uint256 indexed work, Economics economics, uint256 nonce);
    event CountingBegan(uint256 indexed work);
    event ExclusiveGranted(uint256 indexed work, uint256 indexed offer, uint64 scope, uint256 until);
    event EpochAdvanced(address indexed account, uint256 epoch);

    error OfferBook__UnknownTerms(uint256 terms);
    error OfferBook__BadTerms(Terms content);
    error OfferBook__TermsExist(uint256 terms);
    error OfferBook__UnknownOffer(uint256 offer);
    error OfferBook__OfferClosed(uint256 offer);
    error OfferBook__WrongContent(uint256 offer, bytes32 stated, bytes32 content);
    error OfferBook__ZeroQuantity(uint256 offer);
    error OfferBook__NotHolder(uint256 work, address caller);
    error OfferBook__NotRegistry(address caller);
    error OfferBook__NotLicensing(address caller);
    error OfferBook__NotFinal(uint256 work, uint256 finalAt);
    error OfferBook__WrongWorkEpoch(uint256 work, uint256 epoch);
    error OfferBook__WrongEpoch(address account, uint256 epoch);
    error OfferBook__Expired(uint256 expiry);
    error OfferBook__BadSignature(address signer, bytes32 digest);
    error OfferBook__Disputed(uint256 work);
    error OfferBook__WrongBuyer(address buyer, address caller);
    error OfferBook__SoldOut(uint256 offer, uint256 supply);
    error OfferBook__NoMandate(uint256 work, address seller);
    error OfferBook__OutOfBounds(uint256 price, uint256 floor, uint256 ceiling);
    error OfferBook__BadBounds(uint256 floor, uint256 ceiling);
    error OfferBook__DailyCapReached(address delegate, uint256 perDay);
    error OfferBook__BelowEconomics(uint256 work, uint256 currency, uint256 price, uint256 upstream);
    error OfferBook__BadEconomics(Economics economics);
    error OfferBook__ConsentsUnsorted(address holder);
    error OfferBook__TooManyConsents(uint256 consents);
    error OfferBook__QuorumMissed(uint256 work, uint256 units, uint256 quorum);
    error OfferBook__ExclusiveNeedsQuote(uint256 terms);
    error OfferBook__NotCounting(uint256 work);
    error OfferBook__AlreadyCounting(uint256 work);
    error OfferBook__GrantsChanged(uint256 work, uint256 stated, uint256 grants);
    error OfferBook__Reserved(uint256 work, uint256 exclusiveOffer, uint256 until);
    error OfferBook__TooManyExclusives(uint256 work);
    error OfferBook__PermitExpired(uint256 work, uint256 sellUntil);
    error OfferBook__ScopeTooWide(uint256 work, uint64 scope, uint64 allowed);
    error OfferBook__NotRenewable(uint256 terms);
    error OfferBook__BadDuration(uint256 duration, uint256 unit);

    /// @notice Registers terms once, for everybody to use.
    /// @return number number of the terms, from 1
    function registerTerms(Terms calldata content) external returns (uint256 number);

    /// @notice Lists a work of the caller at a fixed price.
    function list(uint256 work, Listing calldata listing) external returns (uint256 offer);

    /// @notice Ends a listing. A quote ends by its expiry or by an epoch.
    function close(uint256 offer) external;

    /// @notice Lets a delegate quote for the caller's work; zero `perDay` ends it.
    function setBounds(uint256 work, Bounds calldata bounds) external;

    /// @notice Changes the economics of the caller's work. Stricter ones need nobody's consent; anything else needs
    /// that of share holders with at least the present quorum of units, in ascending order of their addresses, each
    /// once; the caller's own units count without a signature. Offers made before stay as they are: advance the work's
    /// epoch to end them.
    function setEconomics(uint256 work, Economics calldata economics, Consent[] calldata consents) external;

    /// @notice Begins to count the grants of the caller's work, which exclusive quotes have to state. Voids every open
    /// listing, quote and delegation.
    function countGrants(uint256 work) external;

    /// @notice Economics, listings and bounds of a registration. Registry only.
    function publish(
        uint256 work,
        Listing[] calldata listings,
        Bounds[] calldata bounds,
        Economics calldata economics
    ) external;

    /// @notice Voids every unused quote and consent that the caller signed.
    function advanceEpoch() external;

    /// @notice Checks and counts a sale from a listing. Licensing only.
    function take(Purchase calldata purchase) external returns (Sale memory);

    /// @notice Checks and counts a sale of one licence from a listing, which a derivative uses up at once. Licensing
    /// only.
    function takeFee(Purchase calldata purchase) external returns (Sale memory, Permission memory);

    /// @notice Checks and counts a sale on a quote. Licensing only.
    /// @return digest of the quote
    function takeQuote(Quote calldata quote, bytes calldata signature, address buyer)
        external
        returns (Sale memory, bytes32 digest);

    /// @notice Checks the extension of a licence until `expiry`, and counts it as a grant. Licensing only.
    /// @param offer    number of the offer under which it was sold
    /// @param duration seconds by which it is extended: a multiple of the duration of its terms
    /// @return sale    its price is for all periods together
    function takeRenewal(uint256 offer, uint256 duration, uint40 expiry) external returns (Sale memory sale);

    /// @notice Remembers how far a derivative may be sold. Licensing only.
    function limit(uint256 child, uint40 sellUntil, uint64 capScope) external;

    /// @notice Forgets it, when the registration gave way. Registry only.
    function unlimit(uint256 child) external;

    /// @notice What a licence of this offer permits to derivatives now. Refuses a disputed parent.
    function permissionOf(uint256 offer) external view returns (Permission memory);

    /// @notice What `takeRenewal` would return now, or why it would be refused.
    function previewRenewal(uint256 offer, uint256 duration, uint40 expiry) external view returns (Sale memory sale);

    /// @notice Whether a live licence of this offer could be extended by one period now, and what a period costs.
    function renewal(uint256 offer) external view returns (bool possible, uint256 price);

    /// @notice What was offered under a number.
    function offerOf(uint256 offer) external view returns (Offer memory);

    /// @notice What was offered, and its terms.
    function offerAndTerms(uint256 offer) external view returns (Offer memory, Terms memory);

    /// @notice keccak256(abi.encode(work, digest of the terms, currency, price)), which a purchase states.
    function contentOf(uint256 offer) external view returns (bytes32);

    /// @notice The terms under a number.
    function termsOf(uint256 terms) external view returns (Terms memory);

    /// @notice Number of the terms whose keccak256(abi.encode(Terms)) is `digest`; zero when nobody registered them.
    function termsNumber(bytes32 digest) external view returns (uint256);

    /// @notice Until when and for which scope a work may be sold; without limit unless it is a derivative.
    function limitsOf(uint256 child) external view returns (uint40 sellUntil, uint64 capScope);

    /// @notice What the holders of shares protect, and the number of times it was set.
    function economicsOf(uint256 work) external view returns (Economics memory, uint256 nonce);

    /// @notice Licences and exclusives of a work.
    function exclusivityOf(uint256 work) external view returns (Exclusivity memory);

    /// @notice One of the work's eight windows, live or over.
    function windowAt(uint256 work, uint256 index) external view returns (Window memory);

    /// @notice Current epoch of the quotes and consents that `account` signs.
    function epochOf(address account) external view returns (uint256);

    /// @notice EIP-712 digest that a seller signs.
    function hashQuote(Quote calldata quote) external view returns (bytes32);

    /// @notice EIP-712 digest that a share holder signs.
    function hashConsent(
        uint256 work,
        address holder,
        Economics calldata economics,
        uint256 nonce,
        uint256 epoch,
        uint256 deadline
    ) external view returns (bytes32);
}
