// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

import {Edge, Purchase} from "../libraries/Types.sol";
import {IOfferBook} from "./IOfferBook.sol";

/// @title ILicensing
/// @notice Licences: ERC-721 tokens that expire (ERC-5643), their sale, renewal, return, seats, and the derivatives
/// that they permit.
/// @dev A gate asks `isLive`, `allows` or `mayUse`, never `ownerOf`: an expired licence proves nothing (R3).
interface ILicensing {
    /// @notice A buyer-signed acceptance of a quote (EIP-712). Anybody may submit it, once.
    /// @param buyer     who signs and pays
    /// @param recipient who receives the licence
    /// @param quote     EIP-712 digest of the quote
    /// @param maxPrice  most that the buyer pays, minor units of the quote's currency
    /// @param expiry    Unix seconds from which it is void
    /// @param epoch     epoch of the buyer in Licensing when it was signed
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

    /// @notice An ERC-3009 authorization for the ledger, of exactly the price, whose nonce is the digest of the order:
    /// the one signature accepts the order and pays it.
    struct Authorization {
        uint256 validAfter;
        uint256 validBefore;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    /// @notice A licence as it stands.
    struct Licence {
        address holder;
        uint256 work;
        uint56 offer;
        uint32 terms;
        uint40 expiry;
        uint32 derivatives;
        uint32 refundableFor;
    }

    /// @notice `quantity` licences with consecutive numbers from `licence` on were sold, each for `price`.
    event LicenceSold(
        uint256 indexed licence,
        uint256 indexed work,
        address indexed holder,
        address payer,
        uint256 quantity,
        uint256 offer,
        uint256 terms,
        uint256 currency,
        uint256 price,
        uint256 expiry
    );
    /// @notice A licence was extended; `price` is what all periods cost together.
    event LicenceRenewed(
        uint256 indexed licence, uint256 indexed work, address indexed payer, uint256 price, uint256 expiry
    );
    /// @notice A licence was given back and its price paid back.
    event LicenceRefunded(uint256 indexed licence, uint256 indexed work, address indexed holder, uint256 price);
    /// @notice ERC-5643.
    event SubscriptionUpdate(uint256 indexed tokenId, uint64 expiration);
    /// @notice `account` may use the licence, or no longer, while `holder` has it.
    event SeatSet(uint256 indexed licence, address indexed holder, address indexed account, bool taken);
    event OrderUsed(address indexed buyer, uint256 nonce, bytes32 digest);
    event PermitUsed(uint256 indexed licence, uint256 indexed child, uint256 used);
    /// @notice A derivative paid the fee of an offer and used it up, without a licence token.
    event FeePaid(
        uint256 indexed child,
        uint256 indexed work,
        address indexed payer,
        uint256 offer,
        uint256 terms,
        uint256 currency,
        uint256 price
    );
    event EpochAdvanced(address indexed account, uint256 epoch);

    error Licensing__UnknownLicence(uint256 licence);
    error Licensing__NativeOrder();
    error Licensing__NotRegistry(address caller);
    error Licensing__NotLicenceHolder(uint256 licence, address caller);
    error Licensing__WrongEpoch(address account, uint256 epoch);
    error Licensing__Expired(uint256 expiry);
    error Licensing__BadSignature(address signer, bytes32 digest);
    error Licensing__WrongQuote(bytes32 signed, bytes32 given);
    error Licensing__PriceTooHigh(uint256 price, uint256 maxPrice);
    error Licensing__WrongValue(uint256 sent, uint256 price);
    error Licensing__Underpaid(uint256 credited, uint256 price);
    error Licensing__NonceUsed(address buyer, uint256 nonce);
    error Licensing__QuantityTooLarge(uint256 quantity, uint256 most);
    error Licensing__NotTransferable(uint256 licence);
    error Licensing__NotLive(uint256 licence);
    error Licensing__Refundable(uint256 licence, uint256 untilDay);
    error Licensing__NotRefundable(uint256 licence);
    error Licensing__TooFarAhead(uint256 licence, uint256 expiry);
    error Licensing__NoSeatLeft(uint256 licence, uint256 seats);
    error Licensing__SeatUnchanged(uint256 licence, address account);
    error Licensing__NotPermitHolder(uint256 licence, address registrant);
    error Licensing__NoDerivativeLeft(uint256 licence, uint256 maxDerivatives);
    error Licensing__NoDerivatives(uint256 offer);
    error Licensing__ZeroAddress();

    /// @notice Buys licences at their listed price. Native: send the price; token: allow the ledger the price first.
    /// @return licence number of the first
    function buy(Purchase calldata purchase, address recipient) external payable returns (uint256 licence);

    /// @notice Several purchases, of any works and currencies, all or none. Each token is transferred once.
    /// @return licences number of the first of each
    function buyMany(Purchase[] calldata purchases, address recipient)
        external
        payable
        returns (uint256[] memory licences);

    /// @notice Buys a licence on a seller's quote.
    function buyQuote(IOfferBook.Quote calldata quote, bytes calldata signature, address recipient)
        external
        payable
        returns (uint256 licence);

    /// @notice Executes a buyer's order on a seller's quote, paid in a token. Anybody may submit it.
    function fulfil(
        IOfferBook.Quote calldata quote,
        bytes calldata quoteSignature,
        Order calldata order,
        bytes calldata orderSignature,
        Permit calldata permit
    ) external returns (uint256 licence);

    /// @notice As `fulfil`, on the buyer's ERC-3009 authorization alone.
    function fulfilAuthorized(
        IOfferBook.Quote calldata quote,
        bytes calldata quoteSignature,
        Order calldata order,
        Authorization calldata authorization
    ) external returns (uint256 licence);

    /// @notice Voids one order of the caller.
    function cancelOrder(uint256 nonce) external;

    /// @notice Voids every unused order that the caller signed.
    function advanceEpoch() external;

    /// @notice ERC-5643: extends a live licence of the caller (holder or approved) by whole periods of its terms, at
    /// the price it was sold at, to at most ten years from now.
    function renewSubscription(uint256 licence, uint64 duration) external payable;

    /// @notice ERC-5643: ends a licence of the caller (holder or approved) now. Nothing is paid back.
    function cancelSubscription(uint256 licence) external payable;

    /// @notice Gives a licence back before the end of its last refundable day. It is burnt and its price goes to its
    /// holder.
    function refund(uint256 licence) external;

    /// @notice Lets an account use the caller's licence, or no longer. A transfer of the licence ends all seats.
    function setSeat(uint256 licence, address account, bool taken) external;

    /// @notice Uses up one derivative of each permit, buys and uses up each purchase, pays guarantees, and remembers
    /// how far the child may be sold. Registry only; tokens come from the registrant, native coins with the call.
    /// @return edges the child's debts, first those of the permits, then those of the purchases
    /// @return spent native coins used; the rest was sent back to the registry
    function adapt(uint256 child, address registrant, uint256[] calldata permits, Purchase[] calldata purchases)
        external
        payable
        returns (Edge[] memory edges, uint256 spent);

    /// @notice Whether a licence exists and has not expired.
    function isLive(uint256 licence) external view returns (bool);

    /// @notice Whether a licence is live and covers every use in `scope`.
    function allows(uint256 licence, uint64 scope) external view returns (bool);

    /// @notice Whether `account` holds the licence or has a seat, and it allows every use in `scope`.
    function mayUse(uint256 licence, address account, uint64 scope) external view returns (bool);

    /// @notice A licence as it stands. Reverts for an unknown one.
    function licenceOf(uint256 licence) external view returns (Licence memory);

    /// @notice ERC-5643: Unix seconds from which the licence proves nothing; the largest uint40 when it never
    /// expires.
    function expiresAt(uint256 licence) external view returns (uint64);

    /// @notice ERC-5643: whether one more period can be bought now.
    function isRenewable(uint256 licence) external view returns (bool);

    /// @notice Seats taken of a licence by its present holder.
    function seatsTaken(uint256 licence) external view returns (uint256);

    /// @notice Current epoch of the orders that `account` signs.
    function epochOf(address account) external view returns (uint256);

    /// @notice Whether the buyer has used or cancelled this nonce.
    function isNonceUsed(address buyer, uint256 nonce) external view returns (bool);

    /// @notice EIP-712 digest that a buyer signs.
    function hashOrder(Order calldata order) external view returns (bytes32);
}
