"""What became of offers, read from the log and the chain's events: nothing is told before it is known."""

import pytest

from offchain.store import BlockRecord, EventRecord, OfferRecord, QuoteRecord, open_store
from offchain.workflows.learned_demand import answered_offers

ALICE, BOB = "0x" + "aA" * 20, "0x" + "bB" * 20
WORK = 7


@pytest.fixture
def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    yield store
    store.close()


def offer(tx, name, **stated):
    """An offer of the personal tier at 5, made at 10 and open until 100."""
    digest = name.encode() * 32
    told = {"seller": ALICE, "terms": 1, "price": 5, "typed": {}, "signature": bytes(65), "created_at": 1}
    tx.quotes.add(QuoteRecord(digest=digest, work=WORK, currency=1, expiry=100, **told))
    fields = {"visit": digest, "work": WORK, "tier": "personal", "segment": "individual", "currency": 1, "buyer": BOB}
    fields |= {"offered": {"personal": "5"}, "made_at": 10, "expiry": 100, **stated}
    tx.offers.add(OfferRecord(quote=digest, **fields))


def sale(tx, name, number, block):
    """The first use of a quote, and a licence sold on it, in a block of their own."""
    hash_, told = bytes([block]) * 32, {"block": block, "block_hash": bytes([block]) * 32, "tx_hash": bytes(32)}
    made = {"offer": str(number), "quote": "0x" + (name.encode() * 32).hex()}
    tx.events.add(
        [BlockRecord(number=block, hash=hash_)],
        [
            EventRecord(**told, log_index=0, contract="OfferBook", name="OfferMade", args=made),
            EventRecord(**told, log_index=1, contract="Licensing", name="LicenceSold", args={"offer": str(number)}),
        ],
    )


def told(store, until):
    with store.snapshot() as tx:
        return [(event.time, dict(event.offered), event.bought) for event in answered_offers(tx, 1, until)]


def test_answered_offers__one_price_of_a_visit_still_open__wait_for_it(store):
    with store.transaction() as tx:
        offer(tx, "a")
        both = {"personal": "5", "commercial": "30"}
        offer(tx, "b", visit=b"a" * 32, tier="commercial", offered=both, made_at=50, expiry=140)
    assert told(store, 139) == []
    assert told(store, 140) == [(10, {"personal": 5, "commercial": 30}, None)]


def test_answered_offers__sale_on_the_earlier_quote_of_a_visit__is_a_choice_among_all(store):
    with store.transaction() as tx:
        offer(tx, "a")
        offer(tx, "b", visit=b"a" * 32, tier="commercial", offered={"commercial": "30"}, made_at=50, expiry=140)
        sale(tx, "a", 1, 3)
    assert told(store, 60) == [(10, {"personal": 5, "commercial": 30}, "personal")]


def test_answered_offers__price_changed_within_a_visit__what_was_paid_is_what_was_offered(store):
    """Two quotes of one tier stand open at 5 and at 6; the earlier one is bought."""
    with store.transaction() as tx:
        offer(tx, "a")
        offer(tx, "b", visit=b"a" * 32, offered={"personal": "6"}, made_at=50)
        sale(tx, "a", 1, 3)
    assert told(store, 60) == [(10, {"personal": 5}, "personal")]


def test_answered_offers__sales_of_listings_and_other_services__are_not_ours(store):
    with store.transaction() as tx:
        offer(tx, "a")
        sale(tx, "z", 1, 3)
    assert told(store, 200) == [(10, {"personal": 5}, None)]


def test_answered_offers__sale_undone_by_a_reorganisation__was_none(store):
    with store.transaction() as tx:
        offer(tx, "a")
        sale(tx, "a", 1, 3)
    assert told(store, 200) == [(10, {"personal": 5}, "personal")]
    with store.transaction() as tx:
        tx.events.remove_above(2)
    assert told(store, 200) == [(10, {"personal": 5}, None)]


def test_answered_offers__of_another_currency_or_made_later__are_left_out(store):
    with store.transaction() as tx:
        offer(tx, "a", currency=0)
        offer(tx, "b", made_at=200, expiry=300)
        offer(tx, "c", made_at=199, expiry=200)
        offer(tx, "d", made_at=30, expiry=40)
    assert [time for time, *_ in told(store, 200)] == [30, 199]
