"""What was pinned for works, in the store; and how a store of before comes to know it."""

from __future__ import annotations

import json

from alembic import command
from sqlalchemy import create_engine, text

from offchain.store import ContentRecord, WorkRecord, open_store
from offchain.store.migrate import configuration


def test_migration__features_of_works_of_before__are_entered_for_those_registered_here(tmp_path):
    """Works were registered before their features stood among what is checked, repaired and served."""
    url = f"sqlite:///{tmp_path / 'colophon.db'}"
    engine = create_engine(url)
    add_work = (
        "INSERT INTO works (id, creator, title, media_type, size, iscc, units, parents, details, status)"
        " VALUES (:id, '0x', '', 'image/png', 1, '', '[]', '[]', :details, 'registered')"
    )
    details = [{"features": "ours"}, {"features": "there"}, {}, {"features": "theirs"}]
    entered = [(1, "metadata", "a"), (2, "metadata", "b"), (2, "features", "there"), (3, "metadata", "c")]
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0007")
        for number, each in enumerate(details, 1):
            connection.execute(text(add_work), {"id": number.to_bytes(32, "big"), "details": json.dumps(each)})
        for number, role, cid in entered:
            connection.execute(
                text("INSERT INTO contents (cid, work, role, media_type) VALUES (:cid, :work, :role, 'x/y')"),
                {"cid": cid, "work": number.to_bytes(32, "big"), "role": role},
            )
    engine.dispose()
    store = open_store(url)
    with store.snapshot() as tx:
        found = [(each.work, each.cid) for each in tx.contents.page(10) if each.role == "features"]
    assert found == [(2, "there"), (1, "ours")]
    store.close()


def content(cid: str, work: int, role: str = "preview") -> ContentRecord:
    return ContentRecord(cid=cid, work=work, role=role, media_type="image/png")


def test_contents__two_works_share_a_file__it_is_found_and_listed_for_each(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'colophon.db'}")
    with store.transaction() as tx:
        for work in (1, 2):
            tx.works.add(WorkRecord(id=work, creator="0x", title="", media_type="text/plain", size=1))
            tx.contents.put(work, [content("shared", work), content(f"own-{work}", work)])
            tx.contents.put(work, [content("shared", work), content(f"own-{work}", work)])  # changes nothing
    with store.snapshot() as tx:
        assert tx.contents.find("shared").work == 1
        first = tx.contents.page(3)
        rest = tx.contents.page(3, first[-1].sequence)
    assert [(each.cid, each.work) for each in [*first, *rest]] == [
        ("shared", 1),
        ("own-1", 1),
        ("shared", 2),
        ("own-2", 2),
    ]
    store.close()


def test_migration__works_of_before__contents_of_those_registered_here_are_entered(tmp_path):
    """Metadata of works that others registered may name any CID, so they are left out."""
    url = f"sqlite:///{tmp_path / 'colophon.db'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0004")
    ours, theirs = bytes([1]) * 32, bytes([2]) * 32
    renditions = [
        {"role": "preview", "mediaType": "image/png", "cid": "seen"},
        {"role": "sealed", "mediaType": "image/png", "cid": "sealed", "scheme": "colophon-sealed-1"},
    ]
    with engine.begin() as connection:
        connection.execute(
            text(
                'INSERT INTO transactions (id, chain_id, sender, nonce, "to", data, value, gas, created_at, status)'
                " VALUES (1, 1337, '0x', 0, '0x', '', :zero, 1, 1, 'mined')"
            ),
            {"zero": bytes(32)},
        )
        connection.execute(
            text(
                "INSERT INTO transaction_attempts (hash, transaction_id, raw, max_fee, created_at)"
                " VALUES (:hash, 1, '', :zero, 1)"
            ),
            {"hash": ours, "zero": bytes(32)},
        )
        for number, sent in ((1, ours), (2, theirs)):
            connection.execute(
                text(
                    "INSERT INTO works (id, creator, title, media_type, size, iscc, units, parents, details, status,"
                    " metadata_cid, tx_hash) VALUES (:id, '0x', '', 'image/png', 1, '', '[]', '[]', :details,"
                    " 'registered', :cid, :hash)"
                ),
                {
                    "id": number.to_bytes(32, "big"),
                    "details": json.dumps({"renditions": renditions}),
                    "cid": f"metadata-{number}",
                    "hash": sent,
                },
            )
    engine.dispose()
    store = open_store(url)
    with store.snapshot() as tx:
        found = [(each.work, each.role, each.cid, each.media_type) for each in tx.contents.page(10)]
    assert found == [
        (1, "metadata", "metadata-1", "application/json"),
        (1, "preview", "seen", "image/png"),
        (1, "sealed", "sealed", "application/octet-stream"),
    ]
    store.close()
