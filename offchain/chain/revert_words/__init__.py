"""What each custom error of the contracts means to a person: kind, sentence, remedy.

Errors of several contracts that mean the same share a code. A test lists every error of the committed ABIs and fails
for one that is not here.
"""

from __future__ import annotations

from typing import Final

from offchain.chain.revert_words.entry import Words, prefixed
from offchain.chain.revert_words.modules import ARBITRATOR, DISPUTES, EXCHANGE, INBOXES, POOLS, SUBSCRIPTIONS
from offchain.chain.revert_words.money import LEDGER, REGISTRY
from offchain.chain.revert_words.sales import LICENSING, OFFER_BOOK
from offchain.chain.revert_words.tokens import TOKENS

__all__ = ["WORDS", "Words"]

WORDS: Final[dict[str, Words]] = {
    **prefixed("WorkRegistry", REGISTRY),
    **prefixed("RoyaltyLedger", LEDGER),
    **prefixed("OfferBook", OFFER_BOOK),
    **prefixed("Licensing", LICENSING),
    **prefixed("RoyaltyInboxes", INBOXES),
    **prefixed("OwnerArbitrator", ARBITRATOR),
    **prefixed("Disputes", DISPUTES),
    **prefixed("RightsExchange", EXCHANGE),
    **prefixed("UsagePool", POOLS),
    **prefixed("Subscriptions", SUBSCRIPTIONS),
    **TOKENS,
}
"""By the error's Solidity name."""
