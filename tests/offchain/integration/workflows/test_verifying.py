"""Which work a marked or known file is held to be, where several could be meant."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from offchain.config import load_settings
from offchain.errors import NotFoundError
from offchain.identity import Identity, Match, identify
from offchain.identity.marks.image import embed
from offchain.identity.marks.payload import reference_of
from offchain.store import ContentRecord, Store, TitleRecord, WorkRecord, open_store
from offchain.workflows import verifying
from offchain.workflows.marking import mark_key
from offchain.workflows.recognition import Recognition
from offchain.workflows.verifying import Verdict, verify_file
from tests.offchain.site import ROCKET

ORIGINAL = int("5a" * 32, 16)
BELOW, ABOVE = ORIGINAL - 1, ORIGINAL + 1
"""Ids that begin like the original's; anybody can register them."""

ELSEWHERE = 7


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A store and settings of a home of its own; no work has a preview that could be fetched."""

    def nowhere(*_: object) -> None:
        raise NotFoundError("unknown-work", "no such work", "check the id")

    monkeypatch.setattr(verifying, "describe", nowhere)
    store = open_store(f"sqlite:///{tmp_path / 'colophon.db'}")
    yield SimpleNamespace(settings=load_settings({"COLOPHON_HOME": str(tmp_path)}), store=store)
    store.close()


@pytest.fixture(scope="module")
def plain() -> Identity:
    return identify(ROCKET, title="Rocket", limit=2**26)


@pytest.fixture
def marked(here: Any, tmp_path: Path) -> Path:
    """A picture with the original's mark and without a manifest."""
    picture = embed(Image.open(ROCKET).convert("RGB"), reference_of(ORIGINAL), mark_key(here.settings))
    assert picture is not None
    picture.save(tmp_path / "marked.png")
    return tmp_path / "marked.png"


def register(store: Store, *works: int) -> None:
    """Titles, one a block, in this order."""
    with store.transaction() as tx:
        for block, work in enumerate(works):
            names = {"registrant": "0x", "holder": "0x", "iscc": b"", "upstream": 0, "final_at": 0, "epoch": 0}
            digests = dict.fromkeys(("metadata_digest", "provenance_digest", "tx_hash"), bytes(32))
            tx.events.put_titles([work], [TitleRecord(work=work, block=block, **names, **digests)])  # type: ignore[arg-type]


def verdict(
    here: Any, path: Path, identity: Identity, alike: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> Verdict:
    """The verdict, if the file looks like these works, the first most of all."""
    matches = tuple(Match(work, "derived", SimpleNamespace()) for work in alike)  # type: ignore[arg-type]
    found = Recognition(identity, "derived" if alike else "new", matches, {}, "")
    monkeypatch.setattr(verifying, "recognise", lambda *_: found)
    return verify_file(here, path)


@pytest.mark.parametrize(
    ("registered", "alike", "meant"),
    [
        ((BELOW, ORIGINAL, ABOVE), (ELSEWHERE, ORIGINAL), ORIGINAL),
        ((ORIGINAL, BELOW, ABOVE), (), ORIGINAL),
        ((ORIGINAL, BELOW, ABOVE), (ELSEWHERE,), ORIGINAL),
        ((BELOW, ORIGINAL, ABOVE), (ABOVE, ORIGINAL), ORIGINAL),
        ((ELSEWHERE,), (ELSEWHERE,), None),
    ],
    ids=["looks-like-one", "looks-like-none", "looks-like-another", "looks-like-two", "none-registered"],
)
def test_verify_file__mark_fits_several_ids__fingerprint_decides_else_the_earliest(
    registered, alike, meant, here: Any, marked: Path, plain: Identity, monkeypatch: pytest.MonkeyPatch
):
    register(here.store, *registered)
    found = verdict(here, marked, plain, alike, monkeypatch)
    assert found.marked_as == meant
    assert (found.evidence, found.work) == (("mark", meant) if meant else ("fingerprint", ELSEWHERE))


@pytest.mark.parametrize(("pinned", "evidence"), [(False, "fingerprint"), (True, "rendition")])
def test_verify_file__rendition_of_an_adopted_work__is_no_evidence(
    pinned, evidence, here: Any, plain: Identity, monkeypatch: pytest.MonkeyPatch
):
    """Whoever registers elsewhere may write anybody's file into the metadata; what was pinned here was made here."""
    digest = hashlib.sha256(ROCKET.read_bytes()).digest()
    with here.store.transaction() as tx:
        for work, cid in ((ELSEWHERE, "claimed"), (ORIGINAL, "made")):
            tx.works.add(
                WorkRecord(
                    id=work,
                    creator="0x",
                    title="",
                    media_type="image/png",
                    size=1,
                    rendition_digest=digest,
                    rendition_cid=cid,
                )
            )
        if pinned:
            made = ContentRecord(cid="made", work=ORIGINAL, role="preview", media_type="image/jpeg")
            tx.contents.put(ORIGINAL, [made])
    found = verdict(here, ROCKET, plain, (ORIGINAL,), monkeypatch)
    assert (found.evidence, found.work) == (evidence, ORIGINAL)
