"""Errors of the modules: inboxes, disputes, the exchange of rights, pools, subscriptions."""

from __future__ import annotations

from typing import Final

from offchain.chain.revert_words.entry import INTERNAL, SIGN_AGAIN, WAIT_FOR_DISPUTE, Words
from offchain.chain.revert_words.money import LEDGER, REGISTRY
from offchain.chain.revert_words.sales import OFFER_BOOK
from offchain.errors import DeniedError, InputError, NotFoundError, RefusedError

__all__ = ["ARBITRATOR", "DISPUTES", "EXCHANGE", "INBOXES", "POOLS", "SUBSCRIPTIONS"]

INBOXES: Final[dict[str, Words]] = {
    "NothingToSweep": Words(RefusedError, "nothing waits in this work's inbox", "sweep again after it was paid"),
}

ARBITRATOR: Final[dict[str, Words]] = {
    "WrongValue": Words(InputError, "{sent} wei were sent along, the fee is {fee}", "send exactly {fee} wei"),
    "UnknownDispute": Words(NotFoundError, "there is no dispute number {dispute}", "check the number"),
    "UnknownRuling": Words(
        InputError, "ruling {ruling} is not among the {choices} choices", "rule 0 to {choices}; 0 refuses to rule"
    ),
    "AlreadyRuled": Words(RefusedError, "dispute {dispute} is ruled", "nothing is to be done"),
    "NoAppeal": Words(RefusedError, "this arbitrator knows no appeal", "open a new dispute with new evidence"),
}

_PAYMENT: Final = Words(
    RefusedError, "{to} refused the payment; nothing was lost", "withdraw to an account that accepts it"
)
_ITSELF: Final = Words(InputError, "nobody could take money out of {to} again", "name another account")
_NOTHING: Final = "wait until something is returned"

DISPUTES: Final[dict[str, Words]] = {
    "ZeroBond": Words(InputError, "disputes without a bond are not possible", "deploy with a bond above zero"),
    "NoRemedy": Words(InputError, "a dispute must ask for something", "ask for DIVERT or RETITLE"),
    "NotFinal": REGISTRY["NotFinal"],
    "AlreadyOpen": Words(
        RefusedError, "a dispute over this work is open already", "add evidence to it, or wait until it is decided"
    ),
    "SeriesUsedUp": REGISTRY["SeriesUsedUp"],
    "WrongValue": LEDGER["WrongValue"],
    "DisputeExists": Words(
        RefusedError, "the arbitrator gave the number {dispute} twice", "the arbitrator is broken: tell its operator"
    ),
    "NotArbitrator": Words(DeniedError, "only the arbitrator may rule", INTERNAL),
    "UnknownDispute": ARBITRATOR["UnknownDispute"],
    "AlreadyRuled": ARBITRATOR["AlreadyRuled"],
    "NotOpen": Words(RefusedError, "no dispute over this work is open", "open one first"),
    "NotExpired": Words(RefusedError, "the dispute may be decided until {expiresAt} (Unix seconds)", "wait until then"),
    "NothingToWithdraw": Words(RefusedError, "no bond waits for {claimant}", _NOTHING),
    "PaymentFailed": _PAYMENT,
}

EXCHANGE: Final[dict[str, Words]] = {
    "BadAsset": Words(
        InputError, "{units} units are no lot of that kind", "sell a title with 0 units, or 1 to 1000000 units"
    ),
    "Expired": Words(RefusedError, "the sale expired at {expiry} (Unix seconds)", "ask the seller for a new one"),
    "WrongBuyer": Words(DeniedError, "the sale is for {buyer} alone", "ask the seller for a sale of your own"),
    "WrongEpoch": OFFER_BOOK["WrongEpoch"],
    "WrongWorkEpoch": Words(
        RefusedError,
        "the sale names another epoch than the work's: the title changed hands since, or it is a sale of shares",
        "ask the seller for a new sale; it must name epoch {epoch} of the work (0 for shares)",
    ),
    "BadSignature": Words(DeniedError, "the signature is not by {seller}", SIGN_AGAIN),
    "NonceUsed": Words(RefusedError, "this sale was already used or cancelled", "ask the seller for a new one"),
    "WrongValue": LEDGER["WrongValue"],
    "Disputed": Words(RefusedError, "the title of this work is disputed", WAIT_FOR_DISPUTE),
    "SeriesEnded": Words(
        RefusedError, "a judgement ended series {series} of this work's shares", "trade units of the current series"
    ),
    "AdvancesChanged": Words(
        RefusedError,
        "an advance was paid on this work since",
        "look what it repays; then ask for a new sale, or settle as the winner",
    ),
    "EconomicsChanged": Words(
        RefusedError, "the work's economics are not those that you relied on", "look at them again, then buy or not"
    ),
    "Underpaid": Words(
        RefusedError, "less than {amount} would reach {to}: the token keeps a fee", "ask for a sale in another currency"
    ),
    "BadAuction": Words(
        InputError,
        "no auction with reserve {reserve} runs from {startsAt} to {endsAt}",
        "name a reserve above zero and times that come, in order",
    ),
    "NoAuction": Words(NotFoundError, "auction {auction} does not exist or is over", "check the number"),
    "NotRunning": Words(
        RefusedError, "bids are taken from {startsAt} to {endsAt} (Unix seconds)", "bid within that time"
    ),
    "StillRunning": Words(RefusedError, "the auction runs until {endsAt} (Unix seconds)", "come back after that"),
    "BidTooLow": Words(RefusedError, "{amount} is bid, the least is {least}", "bid {least} or more"),
    "WrongPulls": Words(InputError, "these are not the auction's pulls", "name the pulls that the seller put up"),
    "HasBid": Words(RefusedError, "{bidder} has bid already", "wait until the auction ends"),
    "NotBidder": Words(DeniedError, "{caller} is not the highest bidder", "send it from the account that bid"),
    "TooEarly": Words(RefusedError, "this is possible from {from} (Unix seconds) on", "wait until then"),
    "NotAllowed": Words(
        DeniedError, "{caller} may not send the money of {account} elsewhere", "send it from that account, or to it"
    ),
    "BadRecipient": Words(InputError, "{to} cannot receive what is sold", "name another account"),
    "NothingToWithdraw": Words(RefusedError, "nothing waits for {account}", _NOTHING),
    "PaymentFailed": _PAYMENT,
}

POOLS: Final[dict[str, Words]] = {
    "UnknownPool": Words(NotFoundError, "there is no pool number {pool}", "check the number"),
    "BadTerms": Words(
        InputError,
        "a pool cannot have epochs of {length}, a challenge of {challenge} and a deadline of {deadline} seconds",
        "challenge for at least a day, and end the challenge before the deadline",
    ),
    "ZeroAddress": LEDGER["ZeroAddress"],
    "BadRecipient": _ITSELF,
    "ZeroAmount": LEDGER["ZeroAmount"],
    "TooMuch": Words(RefusedError, "the epoch would hold {funded}, more than can be counted", "fund it with less"),
    "EpochEnded": Words(RefusedError, "the epoch ended at {endedAt} (Unix seconds)", "fund a later epoch"),
    "EpochRunning": Words(RefusedError, "the epoch runs until {endsAt} (Unix seconds)", "come back after that"),
    "DeadlinePassed": Words(
        RefusedError, "its money could be divided until {deadline} (Unix seconds)", "the funders may reclaim it"
    ),
    "NotPoster": Words(DeniedError, "{caller} does not divide this pool's money", "send it from the pool's poster"),
    "NotGuardian": Words(DeniedError, "{caller} does not guard this pool", "send it from the pool's guardian"),
    "AlreadyPosted": Words(RefusedError, "the epoch's money is divided already", "wait whether the guardian refuses"),
    "NoDivision": Words(NotFoundError, "nobody divided the money of this epoch", "wait until the poster posts"),
    "OverSpent": Words(InputError, "{total} is divided, {funded} is there", "divide at most {funded}"),
    "ChallengeOver": Words(
        RefusedError, "the division could be refused until {endedAt} (Unix seconds)", "it stands now"
    ),
    "ChallengeRunning": Words(
        RefusedError, "the division can be refused until {endsAt} (Unix seconds)", "come back after that"
    ),
    "DivisionOver": Words(
        RefusedError, "works could be paid until {endedAt} (Unix seconds)", "the funders may reclaim what was not"
    ),
    "BadProof": LEDGER["BadProof"],
    "AlreadyPaid": Words(RefusedError, "leaf {index} was paid already", "nothing is to be done"),
    "NotSettled": Words(
        RefusedError, "this epoch is not settled yet", "wait until its division stands or its deadline has passed"
    ),
    "NothingToReclaim": Words(RefusedError, "nothing of this epoch goes back to {refundTo}", "check the account"),
}

SUBSCRIPTIONS: Final[dict[str, Words]] = {
    "UnknownPlan": Words(NotFoundError, "there is no plan number {plan}", "check the number"),
    "BadPlan": Words(
        InputError, "a plan cannot cost {price} for {period} seconds", "name a price and a period above zero"
    ),
    "WrongCurrency": Words(
        InputError, "pool {pool} does not take currency {currency}", "use a pool of the plan's currency"
    ),
    "ZeroAddress": LEDGER["ZeroAddress"],
    "BadRecipient": _ITSELF,
    "ZeroPeriods": Words(InputError, "no period is asked for", "subscribe for at least one"),
    "Underpaid": Words(
        RefusedError, "{received} arrived, {price} are due: the token keeps a fee", "pay in another currency"
    ),
    "TooFarAhead": Words(
        RefusedError, "{periods} more periods would reach above ten years from now", "pay for fewer periods"
    ),
    "NothingToCancel": Words(RefusedError, "{account} has no period that has not begun", "nothing can be paid back"),
    "NothingToCollect": Words(RefusedError, "nothing new of {account} is due", "collect when the next period begins"),
}
