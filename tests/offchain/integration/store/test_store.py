"""Every repository on every database that can be had."""

from __future__ import annotations

import threading
import traceback

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from offchain.errors import InputError, NotFoundError, RefusedError, UnavailableError
from offchain.store import (
    AttemptRecord,
    BlockRecord,
    ContentRecord,
    EventRecord,
    OrderRecord,
    QuoteRecord,
    TitleRecord,
    TransactionRecord,
    TransactionStatus,
    WorkRecord,
    WorkStatus,
    open_store,
)
from offchain.store.migrate import configuration

ALICE, BOB = "0x" + "aA" * 20, "0x" + "bB" * 20
HIGHEST = 2**256 - 1
NEVER = 2**40 - 1  # expiry of a licence for ever


def work(number: int, creator: str = ALICE) -> WorkRecord:
    return WorkRecord(
        id=number,
        creator=creator,
        title="A title",
        media_type="text/plain",
        size=1,
        rendition_digest=bytes(32),
    )


def quote(digest: bytes) -> QuoteRecord:
    return QuoteRecord(
        digest=digest,
        work=HIGHEST,
        seller=ALICE,
        terms=1,
        currency=1,
        price=2**104 - 1,
        expiry=NEVER,
        typed={"message": {"price": str(2**104 - 1)}},
        signature=bytes(65),
        created_at=1,
    )


def order(digest: bytes, accepted: bytes, nonce: int) -> OrderRecord:
    return OrderRecord(
        digest=digest,
        quote=accepted,
        buyer=BOB,
        recipient=BOB,
        nonce=nonce,
        typed={},
        signature=bytes(65),
        created_at=1,
    )


def test_works__added_and_changed__are_read_back_whole(store):
    with store.transaction() as tx:
        tx.works.add(work(HIGHEST))
    with store.transaction() as tx:
        found = tx.works.get(HIGHEST)
        found.status, found.tx_hash = WorkStatus.REGISTERED, b"\x01" * 32
    with store.snapshot() as tx:
        found = tx.works.get(HIGHEST)
        assert (found.id, found.status, found.tx_hash) == (HIGHEST, "registered", b"\x01" * 32)


def test_works__by_rendition__is_the_earliest_whose_rendition_was_pinned_here(store):
    """Metadata that was adopted (1), or that names another file than the one pinned (2), may claim anybody's."""
    with store.transaction() as tx:
        for number in (1, 2, 4, 3):
            tx.works.add(work(number)).rendition_cid = "bafy"
        for number, cid in ((3, "bafy"), (4, "bafy"), (2, "other")):
            tx.contents.put(number, [ContentRecord(cid=cid, work=number, role="preview", media_type="image/png")])
    with store.snapshot() as tx:
        assert tx.works.by_rendition(bytes(32)).id == 4
        assert tx.works.by_rendition(b"\x01" * 32) is None


def title(number: int, block: int) -> TitleRecord:
    return TitleRecord(
        work=number,
        registrant=ALICE,
        holder=ALICE,
        metadata_digest=bytes(32),
        provenance_digest=bytes(32),
        iscc=b"",
        upstream=0,
        final_at=0,
        epoch=0,
        block=block,
        tx_hash=number.to_bytes(32, "big"),
    )


def registration(number: int, block: int, index: int) -> EventRecord:
    return EventRecord(
        block_hash=block.to_bytes(32, "big"),
        tx_hash=number.to_bytes(32, "big"),
        log_index=index,
        block=block,
        contract="WorkRegistry",
        name="WorkRegistered",
        args={},
        work=number,
    )


def test_titles__between_two_ids__are_in_the_order_of_their_registration(store):
    with store.transaction() as tx:
        for number, block, index in ((10, 3, 0), (11, 2, 7), (12, 2, 1), (HIGHEST, 1, 0), (9, 1, 0)):
            tx.events.put_titles([number], [title(number, block)])
            tx.events.add([], [registration(number, block, index)])
    with store.snapshot() as tx:
        assert list(tx.events.works_between(10, 12)) == [12, 11, 10]
        assert list(tx.events.works_between(0, HIGHEST)) == [9, HIGHEST, 12, 11, 10]
        assert list(tx.events.works_between(13, HIGHEST - 1)) == []


def test_works__unknown__is_not_found(store):
    with store.snapshot() as tx, pytest.raises(NotFoundError) as refused:
        tx.works.get(1)
    assert refused.value.code == "unknown-work"


def test_works__same_id_twice__is_refused_and_the_rest_of_the_transaction_undone(store):
    with store.transaction() as tx:
        tx.works.add(work(1))
    both = [work(2), work(1)]
    with pytest.raises(RefusedError) as refused, store.transaction() as tx:
        list(map(tx.works.add, both))
    assert refused.value.code == "store-conflict"
    with store.snapshot() as tx:
        assert tx.works.find(2) is None


def test_works__paged__are_newest_first_without_gap_or_repetition(store):
    with store.transaction() as tx:
        for number in range(1, 6):
            tx.works.add(work(number, ALICE if number % 2 else BOB))
    with store.snapshot() as tx:
        first = tx.works.page(2)
        second = tx.works.page(2, before=first[-1].sequence)
        assert [each.id for each in (*first, *second)] == [5, 4, 3, 2]
        assert [each.id for each in tx.works.page(9, creator=BOB)] == [4, 2]
        assert tx.works.page(9, status=WorkStatus.REGISTERED) == []


def test_codes__put_twice__keep_the_later_one_of_a_kind(store):
    with store.transaction() as tx:
        tx.works.add(work(7))
        tx.codes.put(7, "text", b"old")
        tx.codes.put(7, "text", b"new")
        tx.codes.put(7, "image", b"other")
    with store.snapshot() as tx:
        assert tx.codes.find(7, "text") == b"new"
        assert tx.codes.find(7, "sound") is None
        assert tx.codes.at(tx.works.get(7).sequence, "text") == (7, b"new")
        assert tx.codes.at(tx.works.get(7).sequence + 1, "text") is None


def test_works__numbered__come_in_order_of_arrival(store):
    with store.transaction() as tx:
        numbers = [tx.works.add(work(number)).sequence for number in (30, 10, 20)]
    with store.snapshot() as tx:
        assert tx.works.numbers() == list(zip(numbers, (30, 10, 20), strict=True))
        assert tx.works.numbers(after=numbers[1]) == [(numbers[2], 20)]


def test_codes__of_an_unknown_work__are_refused(store):
    with pytest.raises(RefusedError), store.transaction() as tx:
        tx.codes.put(7, "text", b"code")


def test_sales__quote_and_order__are_read_back(store):
    with store.transaction() as tx:
        tx.quotes.add(quote(b"q" * 32))
        tx.quotes.add(quote(b"q" * 32))
        tx.orders.add(order(b"o" * 32, b"q" * 32, HIGHEST))
    with store.snapshot() as tx:
        assert tx.quotes.get(b"q" * 32).expiry == NEVER
        assert tx.orders.get(b"o" * 32).nonce == HIGHEST
        assert [each.digest for each in tx.orders.of_buyer(BOB, 5)] == [b"o" * 32]
        assert [each.price for each in tx.quotes.of_work(HIGHEST, 5)] == [2**104 - 1]


def test_orders__same_nonce_of_a_buyer_twice__is_refused(store):
    with store.transaction() as tx:
        tx.quotes.add(quote(b"q" * 32))
        tx.orders.add(order(b"1" * 32, b"q" * 32, 3))
    with pytest.raises(RefusedError), store.transaction() as tx:
        tx.orders.add(order(b"2" * 32, b"q" * 32, 3))


def test_sales__unknown__are_not_found(store):
    with store.snapshot() as tx:
        for repository, code in ((tx.quotes, "unknown-quote"), (tx.orders, "unknown-order")):
            with pytest.raises(NotFoundError) as refused:
                repository.get(bytes(32))
            assert refused.value.code == code


def test_nonces__many_threads__get_each_number_once_and_never_below_the_floor(store):
    taken: list[int] = []

    def take() -> None:
        for _ in range(5):
            with store.transaction() as tx:
                tx.transactions.lock_account(1337, ALICE)
                taken.append(tx.transactions.reserve_nonce(1337, ALICE, floor=7))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(7, 7 + 20))


def test_nonces__newest_returned__is_given_again_but_an_older_one_is_not(store):
    with store.transaction() as tx:
        tx.transactions.lock_account(1337, ALICE)
        assert [tx.transactions.reserve_nonce(1337, ALICE, 0) for _ in range(2)] == [0, 1]
        assert not tx.transactions.return_nonce(1337, ALICE, 0)
        assert tx.transactions.return_nonce(1337, ALICE, 1)
        assert tx.transactions.reserve_nonce(1337, ALICE, 0) == 1


def test_transactions__kept_with_attempts__are_found_by_key_and_by_status(store):
    with store.transaction() as tx:
        record = TransactionRecord(
            chain_id=1337,
            sender=ALICE,
            nonce=3,
            key="intent",
            to=BOB,
            data=b"\x01",
            value=HIGHEST,
            gas=21_000,
            created_at=1,
            attempts=[AttemptRecord(hash=b"h" * 32, raw=b"raw", max_fee=HIGHEST, created_at=1)],
        )
        number = tx.transactions.add(record).id
    with store.transaction() as tx:
        found = tx.transactions.by_key(1337, ALICE, "intent")
        assert (found.id, found.value, found.attempts[0].hash) == (number, HIGHEST, b"h" * 32)
        assert [each.id for each in tx.transactions.unsettled(1337, ALICE)] == [number]
        found.status = TransactionStatus.MINED
    with store.snapshot() as tx:
        assert tx.transactions.unsettled(1337, ALICE) == []
        assert [each.id for each in tx.transactions.mined_from(1337, ALICE, 3)] == [number]
        assert tx.transactions.mined_from(1337, ALICE, 4) == []


def test_events__removed_above_a_block__leave_the_rest(store):
    def event(block: int) -> EventRecord:
        return EventRecord(
            block_hash=bytes([block]) * 32,
            tx_hash=bytes(32),
            log_index=0,
            block=block,
            contract="RoyaltyLedger",
            name="Deposited",
            args={},
            work=HIGHEST,
        )

    with store.transaction() as tx:
        tx.events.add([BlockRecord(number=n, hash=bytes([n]) * 32) for n in (1, 2, 3)], [event(n) for n in (3, 1, 2)])
    with store.transaction() as tx:
        assert tx.events.remove_above(2) == 1
    with store.snapshot() as tx:
        assert tx.events.last_block().number == 2
        assert [each.block for each in tx.events.of_work(HIGHEST)] == [1, 2]
        assert [each.number for each in tx.events.blocks_below(2, 9)] == [1]


def test_store__opened_again__keeps_what_it_has(store, database_url):
    with store.transaction() as tx:
        tx.works.add(work(1))
    again = open_store(database_url)
    with again.snapshot() as tx:
        assert tx.works.find(1) is not None
    again.close()


def test_store__opened_by_many_at_once__is_migrated_once(database_url):
    failures: list[Exception] = []

    def open_it() -> None:
        try:
            open_store(database_url).close()
        except Exception as error:  # noqa: BLE001 - a thread's failure must reach the test
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_migrations__works_lose_a_column__their_similarity_codes_stay(database_url):
    """SQLite rebuilds a table in a batch, and a dropped table takes along what refers to it."""
    engine = create_engine(database_url)
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0002")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO works (id, creator, title, media_type, size, created_at, iscc, units, parents, details,"
                " status) VALUES (:id, '0x', 'A title', 'text/plain', 1, 1, '', '[]', '[]', '{}', 'registered')"
            ),
            {"id": bytes(32)},
        )
        codes = "INSERT INTO similarity_codes (work, kind, code) VALUES (:id, 'image', :id)"
        connection.execute(text(codes), {"id": bytes(32)})
    engine.dispose()
    store = open_store(database_url)
    with store.snapshot() as tx:
        assert tx.codes.find(0, "image") == bytes(32)
    store.close()


@pytest.mark.parametrize("url", ["", "nonsense", "oracle-nine://x/y", "mongodb://x"])
def test_open_store__not_a_database_url__is_refused(url):
    with pytest.raises(InputError) as refused:
        open_store(url)
    assert refused.value.code == "database-url-malformed"


def test_open_store__server_that_is_not_there__tells_neither_host_nor_user_nor_password():
    url = "postgresql+psycopg://carol:sesame@127.0.0.1:1/none"
    with pytest.raises(UnavailableError) as refused:
        open_store(url)
    told = "".join(traceback.format_exception(refused.value))
    assert not any(secret in told for secret in ("carol", "sesame", "127.0.0.1"))


def test_store__statement_that_fails__tells_no_parameters(store):
    with store.transaction() as tx:
        tx.works.add(work(1))
    with pytest.raises(RefusedError) as refused, store.transaction() as tx:
        tx.works.add(work(1))
    assert "A title" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize(
    "url",
    ["sqlite:////proc/colophon.db", "sqlite:////proc/none/colophon.db", "postgresql+psycopg://nobody@127.0.0.1:1/none"],
)
def test_open_store__database_that_cannot_be_had__is_unavailable(url):
    with pytest.raises(UnavailableError) as refused:
        open_store(url)
    assert refused.value.code == "store-unavailable"
