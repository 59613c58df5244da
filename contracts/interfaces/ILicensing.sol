// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Bounds, Edge, Listing, Terms} from "../libraries/Types.sol";

/// @title ILicensing
/// @notice Terms, offers, quotes, orders, and licences: ERC-721 tokens that expire.
/// @dev A gate asks `isLive`, never `ownerOf`: an expired licence proves nothing (R3).
interface ILicensing {
    /// @notice A seller-signed price (EIP-712). Reusable until expiry unless `buyer` or `maxQuantity` is set.
    /// @param work        what is licensed
    /// @param seller      who signs: holder of the title or its delegate
    /// @param terms       number of the terms
    /// @param currency    index into the ledger's currency list
    /// @param price       minor units
    /// @param buyer       the only account that may accept, zero for anybody; makes the quote single-use
    /// @param maxQuantity most licences that it sells, zero for no limit of its own
    /// @param expiry      Unix seconds from which it is void
    /// @param workEpoch   epoch of the work when it was signed
    /// @param signerEpoch epoch of the seller when it was signed
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
        bytes32 basis;
    }

    /// @notice A buyer-signed acceptance of a quote (EIP-712). Anybody may submit it, once.
    /// @param buyer     who signs and pays
    /// @param recipient who receives the licence
    /// @param quote     EIP-712 digest of the quote
    /// @param maxPrice  most that the buyer pays, minor units of the quote's currency
    /// @param expiry    Unix seconds from which it is void
    /// @param epoch     epoch of the buyer when it was signed
    /// @param nonce     any number that the buyer has not used; orders need no sequence
    struct Order {
        address buyer;
        address recipient;
        bytes32 quote;
        uint256 maxPrice;
        uint40 expiry;
        uint256 epoch;
        uint256 nonce;
    }

    /// @notice An ERC-2612 permit for the ledger. A zero deadline means that there is none.
    struct Permit {
        uint256 value;
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    /// @notice What was sold. Never changes.
    struct Offer {
        uint256 work;
        uint32 terms;
        uint8 currency;
        uint104 price;
        uint24 workEpoch;
        bool quoted;
        bool closed;
    }

    /// @notice A licence as it stands.
    struct Licence {
        address holder;
        uint256 work;
        uint56 offer;
        uint32 terms;
        uint40 expiry;
        uint32 derivatives;
    }

    event TermsRegistered(uint256 indexed terms, bytes32 indexed digest, Terms content);
    event OfferMade(
        uint256 indexed offer, uint256 indexed work, uint256 terms, uint256 currency, uint256 price, bytes32 quote
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
    event LicenceSold(
        uint256 indexed licence,
        uint256 indexed work,
        address indexed holder,
        address payer,
        uint256 offer,
        uint256 terms,
        uint256 currency,
        uint256 price,
        uint256 expiry
    );
    event OrderUsed(address indexed buyer, uint256 nonce, bytes32 digest);
    event PermitUsed(uint256 indexed licence, uint256 indexed child, uint256 used);
    event EpochAdvanced(address indexed account, uint256 epoch);

    error Licensing__UnknownTerms(uint256 terms);
    error Licensing__BadTerms(uint256 upstream);
    error Licensing__TermsExist(uint256 terms);
    error Licensing__UnknownOffer(uint256 offer);
    error Licensing__OfferClosed(uint256 offer);
    error Licensing__UnknownLicence(uint256 licence);
    error Licensing__NativeOrder();
    error Licensing__NotHolder(uint256 work, address caller);
    error Licensing__NotRegistry(address caller);
    error Licensing__NotFinal(uint256 work, uint256 finalAt);
    error Licensing__WrongWorkEpoch(uint256 work, uint256 epoch);
    error Licensing__WrongEpoch(address account, uint256 epoch);
    error Licensing__Expired(uint256 expiry);
    error Licensing__BadSignature(address signer, bytes32 digest);
    error Licensing__WrongBuyer(address buyer, address caller);
    error Licensing__WrongQuote(bytes32 signed, bytes32 given);
    error Licensing__SoldOut(bytes32 quote, uint256 quantity);
    error Licensing__PriceTooHigh(uint256 price, uint256 maxPrice);
    error Licensing__WrongValue(uint256 sent, uint256 price);
    error Licensing__Underpaid(uint256 credited, uint256 price);
    error Licensing__NonceUsed(address buyer, uint256 nonce);
    error Licensing__NoMandate(uint256 work, address seller);
    error Licensing__OutOfBounds(uint256 price, uint256 floor, uint256 ceiling);
    error Licensing__BadBounds(uint256 floor, uint256 ceiling);
    error Licensing__DailyCapReached(address delegate, uint256 perDay);
    error Licensing__NotTransferable(uint256 licence);
    error Licensing__NotLive(uint256 licence);
    error Licensing__NotPermitHolder(uint256 licence, address registrant);
    error Licensing__NoDerivativeLeft(uint256 licence, uint256 maxDerivatives);
    error Licensing__PermitExpired(uint256 work, uint256 sellUntil);
    error Licensing__ScopeTooWide(uint256 work, uint64 scope, uint64 allowed);
    error Licensing__ZeroAddress();

    /// @notice Registers terms once, for everybody to use.
    /// @return number number of the terms, from 1
    function registerTerms(Terms calldata content) external returns (uint256 number);

    /// @notice Lists a work of the caller at a fixed price.
    function list(uint256 work, Listing calldata listing) external returns (uint256 offer);

    /// @notice Ends a listing. A quote ends by its expiry or by an epoch.
    function close(uint256 offer) external;

    /// @notice Lets a delegate quote for the caller's work; zero `perDay` ends it.
    function setBounds(uint256 work, Bounds calldata bounds) external;

    /// @notice Listings and bounds of a registration. Registry only.
    function publish(uint256 work, Listing[] calldata listings, Bounds[] calldata bounds) external;

    /// @notice Buys a licence at its listed price. Native: send the price; token: allow the ledger the price first.
    function buy(uint256 offer, address recipient) external payable returns (uint256 licence);

    /// @notice Buys a licence on a seller's quote.
    function buyQuote(Quote calldata quote, bytes calldata signature, address recipient)
        external
        payable
        returns (uint256 licence);

    /// @notice Executes a buyer's order on a seller's quote, paid in a token. Anybody may submit it.
    function fulfil(
        Quote calldata quote,
        bytes calldata quoteSignature,
        Order calldata order,
        bytes calldata orderSignature,
        Permit calldata permit
    ) external returns (uint256 licence);

    /// @notice Voids one order of the caller.
    function cancelOrder(uint256 nonce) external;

    /// @notice Voids every unused quote and order that the caller signed.
    function advanceEpoch() external;

    /// @notice Uses up one derivative of each permit and remembers how far the child may be sold. Registry only.
    /// @return edges the child's debts, in the order of the permits
    function adapt(uint256 child, address registrant, uint256[] calldata permits)
        external
        returns (Edge[] memory edges);

    /// @notice Whether a licence exists and has not expired.
    function isLive(uint256 licence) external view returns (bool);

    /// @notice A licence as it stands. Reverts for an unknown one.
    function licenceOf(uint256 licence) external view returns (Licence memory);

    /// @notice ERC-5643: Unix seconds from which the licence proves nothing; the largest uint40 when it never
    /// expires.
    function expiresAt(uint256 licence) external view returns (uint64);

    /// @notice What was offered under a number.
    function offerOf(uint256 offer) external view returns (Offer memory);

    /// @notice The terms under a number.
    function termsOf(uint256 terms) external view returns (Terms memory);

    /// @notice Number of the terms whose keccak256(abi.encode(Terms)) is `digest`; zero when nobody registered them.
    function termsNumber(bytes32 digest) external view returns (uint256);

    /// @notice Until when and for which scope a work may be sold; without limit unless it is a derivative.
    function limitsOf(uint256 child) external view returns (uint40 sellUntil, uint64 capScope);

    /// @notice Current epoch of the quotes and orders that `account` signs.
    function epochOf(address account) external view returns (uint256);

    /// @notice Whether the buyer has used or cancelled this nonce.
    function isNonceUsed(address buyer, uint256 nonce) external view returns (bool);

    /// @notice EIP-712 digest that a seller signs.
    function hashQuote(Quote calldata quote) external view returns (bytes32);

    /// @notice EIP-712 digest that a buyer signs.
    function hashOrder(Order calldata order) external view returns (bytes32);
}
