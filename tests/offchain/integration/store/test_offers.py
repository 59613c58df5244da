"""The log of offers on every database that can be had."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import create_engine, inspect, text

from offchain.errors import RefusedError
from offchain.store import OfferRecord, QuoteRecord
from offchain.store.migrate import configuration

ALICE, BOB = "0x" + "aA" * 20, "0x" + "bB" * 20
WORK = 2**256 - 1
PRICE = 2**108 - 1


def kept(tx, name: bytes, **stated: object) -> OfferRecord:
    """An offer with its quote."""
    digest = name * 32
    told = {"seller": ALICE, "terms": 1, "price": PRICE, "typed": {}, "signature": bytes(65), "created_at": 1}
    tx.quotes.add(QuoteRecord(digest=digest, work=WORK, currency=1, expiry=100, **told))
    fields = {"visit": digest, "work": WORK, "tier": "personal", "segment": "individual", "currency": 1, "buyer": BOB}
    fields |= {"offered": {"personal": str(PRICE)}, "made_at": 10, "expiry": 100, **stated}
    offer = OfferRecord(quote=digest, **fields)
    tx.offers.add(offer)
    return offer


def names(offers) -> list[bytes]:
    return [offer.quote[:1] for offer in offers]


def test_offers__added__are_read_back_whole_and_oldest_first(store):
    with store.transaction() as tx:
        kept(tx, b"b", made_at=20, buyer=None)
        kept(tx, b"a", made_at=30)
        kept(tx, b"c", made_at=20)
        kept(tx, b"d", made_at=5, currency=0)
    with store.snapshot() as tx:
        found = tx.offers.made_until(1, 31)
        assert names(found) == [b"b", b"c", b"a"]
        assert names(tx.offers.made_until(1, 30)) == [b"b", b"c"]
        assert (found[0].buyer, found[1].work, found[1].offered) == (None, WORK, {"personal": str(PRICE)})


def test_began__offers_in_any_currency__time_of_the_first(store):
    with store.transaction() as tx:
        assert tx.offers.began() is None
        kept(tx, b"a", made_at=12)
        kept(tx, b"b", made_at=7, currency=0)
        assert tx.offers.began() == 7


def test_open_to__other_buyer_work_segment_currency_or_expired__is_left_out(store):
    with store.transaction() as tx:
        kept(tx, b"a", made_at=12)
        kept(tx, b"b", made_at=11)
        kept(tx, b"c", buyer=ALICE)
        kept(tx, b"d", work=WORK - 1)
        kept(tx, b"e", segment="organisation")
        kept(tx, b"f", currency=0)
        kept(tx, b"g", expiry=50)
        kept(tx, b"h", buyer=None)
    with store.snapshot() as tx:
        assert names(tx.offers.open_to(BOB, WORK, "individual", 1, 50)) == [b"b", b"a"]
        assert names(tx.offers.open_to(BOB, WORK, "individual", 1, 49)) == [b"g", b"b", b"a"]
        assert names(tx.offers.open_to(BOB, WORK, "individual", 1, 100)) == []


def test_offers__same_quote_again__stays_as_it_was(store):
    with store.transaction() as tx:
        kept(tx, b"a", made_at=10)
        kept(tx, b"a", made_at=99)
    with store.snapshot() as tx:
        assert [offer.made_at for offer in tx.offers.made_until(1, 1000)] == [10]


def test_offers__of_no_quote__are_refused(store):
    fields = {"visit": bytes(32), "work": WORK, "tier": "personal", "segment": "individual", "currency": 1}
    with pytest.raises(RefusedError), store.transaction() as tx:
        tx.offers.add(
            OfferRecord(quote=bytes(32), **fields, buyer=None, offered={"personal": "1"}, made_at=1, expiry=2)
        )


def test_migration__log_is_dropped_and_made_again__quotes_stay(store, database_url):
    with store.transaction() as tx:
        kept(tx, b"a")
    engine = create_engine(database_url)
    with engine.begin() as connection:
        command.downgrade(configuration(connection), "0009")
    assert "offers" not in inspect(engine).get_table_names()
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0010")
        assert connection.execute(text("SELECT count(*) FROM offers")).scalar() == 0
        assert connection.execute(text("SELECT count(*) FROM quotes")).scalar() == 1
    engine.dispose()
