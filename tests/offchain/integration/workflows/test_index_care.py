"""The similarity index is checked byte by byte, and made anew with the features that a store of before lacks."""

from __future__ import annotations

from pathlib import Path

from offchain.errors import ColophonError
from offchain.identity.index import open_index
from offchain.identity.terms import open_terms
from offchain.store.works import SimilarityCodeRecord
from offchain.workflows.engine import Engine
from offchain.workflows.index_care import damage, featureless, rebuild
from offchain.workflows.recognition import recognise
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.requests import RegistrationRequest
from offchain.workflows.similarity import FEATURES_KIND, CatalogueIndex
from tests.offchain.site import ADA, CHELSEA, PRIDE, Site


def register(engine: Engine, site: Site, master: bytes | Path, title: str) -> int:
    job = engine.wait(start_registration(engine, master, RegistrationRequest(site.address(ADA), title)).id)
    submit_signature(engine, job.id, site.signer(ADA).sign_typed(job.typed))
    return int(engine.wait(job.id).result["work"], 16)


def recognised(engine: Engine) -> list[int]:
    return [match.work_id for match in recognise(engine.services, PRIDE.read_bytes() + b" One word more.").matches]


def test_rebuild__features_missing_in_the_store__are_computed_from_the_masters_that_can_be_read(
    site: Site, engine: Engine
):
    """As for works that were registered before features were kept."""
    services = engine.services
    work, short = register(engine, site, PRIDE, "Pride"), register(engine, site, b"few words", "Short")
    lost = register(engine, site, CHELSEA, "Lost")
    with services.store.transaction() as tx:
        before = tx.codes.find(work, FEATURES_KIND)
        for each in (work, lost):
            tx.codes._session.delete(tx.codes._session.get(SimilarityCodeRecord, (each, FEATURES_KIND)))
    services.similarity.rebuild()
    assert recognised(engine) == []
    assert set(featureless(services)) == {work, short, lost}
    services.vault.master(lost).write_bytes(b"damaged")
    told: dict[int, ColophonError | None] = {}
    assert rebuild(services, told.__setitem__) == 1
    assert {each: error and error.code for each, error in told.items()} == {
        work: None,
        short: None,
        lost: "master-damaged",
    }
    with services.store.snapshot() as tx:
        assert tx.codes.find(work, FEATURES_KIND) == before
    assert recognised(engine) == [work]


def test_damage__byte_changed_in_the_index__is_told_and_rebuilding_mends_it(site: Site, engine: Engine):
    """Opening an index looks at headers and lengths alone."""
    services = engine.services
    work = register(engine, site, CHELSEA, "Chelsea")
    recognise(services, CHELSEA)
    services.similarity.rebuild()
    codes = services.settings.home / "index" / "own" / "image" / "codes"
    services.similarity.close()
    with open_index(codes) as index:
        index.compact()
    assert list(damage(services)) == []
    segment = max(codes.iterdir(), key=lambda path: path.stat().st_size)
    data = bytearray(segment.read_bytes())
    data[-1] ^= 1
    segment.write_bytes(data)
    assert [error.code for error in damage(services)] == ["index-damaged"]
    rebuild(services)
    assert list(damage(services)) == []
    assert [match.work_id for match in recognise(services, CHELSEA).matches] == [work]


def test_damage__byte_changed_among_the_terms__is_told_and_every_process_follows_what_is_made_anew(
    site: Site, engine: Engine
):
    services = engine.services
    work = register(engine, site, PRIDE, "Pride")
    assert recognised(engine) == [work]
    terms = services.settings.home / "index" / "own" / "text" / "terms"
    with open_terms(terms) as index:
        index.flush()
    assert list(damage(services)) == []
    run = max(terms.iterdir(), key=lambda path: path.stat().st_size)
    data = bytearray(run.read_bytes())
    data[-1] ^= 1
    run.write_bytes(data)
    assert [error.code for error in damage(services)] == ["term-index-damaged"]
    by_another = CatalogueIndex(services.store, services.settings.home / "index")
    by_another.rebuild()
    by_another.close()
    assert list(damage(services)) == []
    assert recognised(engine) == [work]
