"""The catalogue of a real store: what is found, in which order, and that pages never shift."""

from __future__ import annotations

import random

import pytest

from offchain.store import Place, Store, TitleRecord, UnitOfWork, Wanted, WorkRecord

ADA, BEN = "0x" + "aA" * 20, "0x" + "bB" * 20


def put(tx: UnitOfWork, work: int, title: str, **told: object) -> WorkRecord:
    """A registered work as registrations and the indexer leave it."""
    word = work.to_bytes(32, "big")
    holder = str(told.get("holder", ADA))
    registrant = str(told.get("registrant", ADA))
    title_record = TitleRecord(
        work=work,
        registrant=registrant,
        holder=holder,
        metadata_digest=word,
        provenance_digest=bytes(32),
        iscc=b"",
        upstream=0,
        final_at=0,
        epoch=0,
        block=1,
        tx_hash=word,
    )
    tx.events.put_titles([work], [title_record])
    record = WorkRecord(
        id=work,
        creator=registrant,
        title=title,
        media_type=str(told.get("media_type", "text/plain")),
        size=1,
        iscc=str(told.get("iscc", "")),
        units=list(told.get("units", [])),  # type: ignore[call-overload]
        details={"creator": told.get("creator", ""), "description": told.get("description", "")},
        status="registered",
    )
    return tx.works.add(record)


def found(store: Store, limit: int = 100, **wanted: object) -> list[int]:
    with store.snapshot() as tx:
        return [work.id for _, work, _ in tx.catalogue.page(Wanted(**wanted), limit)]  # type: ignore[arg-type]


@pytest.fixture
def filled(store: Store) -> Store:
    with store.transaction() as tx:
        put(tx, 1, "Élégie für Anna", creator="José Díaz", holder=BEN, iscc="ISCC:KACT", units=["ISCC:EAAQ"])
        put(tx, 2, "Rocket", description="a rocket, and an elegy", media_type="image/jpeg", registrant=BEN)
        put(tx, 3, "Elegies", creator="Anna Rocket", media_type="application/pdf")
        put(tx, 4, "東京の夜", creator="Jo", media_type="audio/flac")
    return store


@pytest.mark.parametrize(
    ("question", "works"),
    [
        ("elegie", [1, 3]),  # whole word before one that begins so
        ("ÉLÉG", [3, 1, 2]),  # beginnings: titles, newest first, before a description
        ("rocket", [2, 3]),
        ("rocket anna", [3]),  # every word
        ("fur", [1]),
        ("京", [4]),
        ("ISCC KACT", []),  # codes are no text
        ("!?", []),
        ("elegi' OR 1=1 --", []),
    ],
)
def test_page__question__matches_folded_beginnings_best_first(filled: Store, question: str, works: list[int]):
    assert found(filled, question=question) == works


@pytest.mark.parametrize(
    ("wanted", "works"),
    [
        ({"holder": BEN}, [1]),
        ({"registrant": BEN}, [2]),
        ({"creator": "jose"}, [1]),
        ({"creator": "jos"}, []),  # whole words
        ({"creator": "%"}, []),
        ({"creator": "díaz jose"}, [1]),
        ({"iscc": "kact"}, [1]),
        ({"iscc": "ISCC:EAAQ"}, [1]),
        ({"iscc": "ISCC:KAC"}, []),
        ({"media_types": ("text/", "application/pdf")}, [3, 1]),
        ({"media_types": ("%",)}, []),
        ({"holder": ADA, "question": "elegy"}, [2]),
    ],
)
def test_page__filters__all_hold(filled: Store, wanted: dict[str, object], works: list[int]):
    assert found(filled, **wanted) == works


def test_replace__other_registration__is_found_by_its_words_alone(filled: Store):
    with filled.transaction() as tx:
        known = tx.works.get(2)
        told = WorkRecord(id=2, creator=ADA, title="Comet", media_type="image/png", size=1, status="registered")
        tx.works.replace(known, told)
    assert (found(filled, question="comet"), found(filled, question="rocket")) == ([2], [3])


@pytest.mark.parametrize("question", [None, "song"])
@pytest.mark.parametrize("seed", range(4))
def test_page__works_come_while_one_walks__each_of_the_first_is_met_once(store: Store, question: str | None, seed: int):
    """Property over random histories: nothing twice, nothing that was there at the start left out, order kept."""
    chance = random.Random(seed)

    def come(tx: UnitOfWork, work: int) -> None:
        title, description = chance.choice(
            [("song", ""), ("songs", "song"), ("other", "a song"), ("song song", "song")]
        )
        put(tx, work, title, description=description)

    first = chance.sample(range(1, 10_000), 30)
    with store.transaction() as tx:
        for work in first:
            come(tx, work)
    met: list[tuple[Place, int]] = []
    place, more = None, iter(range(10_000, 20_000))
    while True:
        with store.snapshot() as tx:
            page = tx.catalogue.page(Wanted(question=question), chance.randint(1, 7), place)
        if not page:
            break
        met += [(at, work.id) for at, work, _ in page]
        place = page[-1][0]
        with store.transaction() as tx:
            for _ in range(chance.randint(0, 3)):
                come(tx, next(more))
    works = [work for _, work in met]
    assert len(works) == len(set(works))
    assert set(first) <= set(works)
    ranks = [(at.score, at.sequence) for at, _ in met]
    assert ranks == sorted(ranks, reverse=True)
