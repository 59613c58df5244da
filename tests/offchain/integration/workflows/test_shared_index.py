"""One similarity index for several service processes, in PostgreSQL: each finds at once what another has added."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import create_engine, text

from offchain.config import load_settings
from offchain.errors import InputError
from offchain.identity.matching.filing import features_to_bytes
from offchain.identity.matching.text import features, probe
from offchain.store import Store, WorkRecord, open_store
from offchain.workflows.opening import open_engine
from offchain.workflows.recognition import recognise
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.requests import RegistrationRequest
from offchain.workflows.services import open_services, service_signers
from offchain.workflows.similarity import FEATURES_KIND, CatalogueIndex
from tests.offchain.databases import POSTGRES, fresh_database
from tests.offchain.site import ADA, CHELSEA, Site

needs_server = pytest.mark.skipif(not POSTGRES, reason="COLOPHON_TEST_POSTGRES_URL is not set")

ANOTHER_SERVICE = """
import json, sys
from pathlib import Path
from offchain.store import open_store
from offchain.workflows.similarity import CatalogueIndex
from tests.offchain.integration.workflows.test_shared_index import found, register
url, home, doing, which = sys.argv[1:]
store = open_store(url)
if doing == "register":
    register(store, int(which))
print(json.dumps(found(CatalogueIndex(store, Path(home), url), int(which))))
"""


def prose(seed: int) -> str:
    return " ".join(f"word{each}" for each in np.random.default_rng(seed).integers(0, 5_000, 400))


def register(store: Store, number: int) -> None:
    """As a registration leaves it: a row of the work, and its features."""
    filed = features(prose(number))
    assert filed is not None
    with store.transaction() as tx:
        tx.works.add(WorkRecord(id=number, creator="0x", title="", media_type="text/plain", size=1))
        tx.codes.put(number, FEATURES_KIND, features_to_bytes(filed))


def found(catalogue: CatalogueIndex, number: int) -> list[int]:
    return [match.work_id for match in catalogue.search(probe(prose(number)))]


def another_service(url: str, home: Path, doing: str, which: int) -> list[int]:
    told = subprocess.run(
        [sys.executable, "-c", ANOTHER_SERVICE, url, str(home), doing, str(which)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    numbers: list[int] = json.loads(told.stdout)
    return numbers


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with fresh_database("postgresql", tmp_path) as url:
        yield url


@needs_server
def test_search__registered_by_another_process__is_found_by_both_and_filed_once(url, tmp_path):
    store = open_store(url)
    catalogue = CatalogueIndex(store, tmp_path / "here", url)
    register(store, 1)
    assert found(catalogue, 1) == [1]

    assert another_service(url, tmp_path / "there", "register", 2) == [2]
    assert another_service(url, tmp_path / "there", "search", 1) == [1]
    assert found(catalogue, 2) == [2]

    with create_engine(url).connect() as connection:
        works = connection.scalar(text("SELECT count(DISTINCT key) FROM terms_own_text"))
        terms = connection.scalar(text("SELECT count(*) FROM terms_own_text"))
    assert works == 2
    assert terms == sum(len(features(prose(number)).terms) for number in (1, 2))
    assert not (tmp_path / "here").exists()
    catalogue.close()
    store.close()


@needs_server
def test_search__index_of_another_store__is_made_anew(url, tmp_path):
    """As after the works' tables were restored from a backup and the index's were not."""
    store = open_store(url)
    catalogue = CatalogueIndex(store, tmp_path, url)
    register(store, 1)
    assert found(catalogue, 1) == [1]
    with create_engine(url).begin() as connection:
        connection.execute(text("TRUNCATE works, similarity_codes RESTART IDENTITY CASCADE"))
    register(store, 2)

    assert found(catalogue, 2) == [2]
    assert found(catalogue, 1) == []
    catalogue.close()
    store.close()


def test_index__in_a_database_that_is_sqlite__is_refused(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    with pytest.raises(InputError) as caught:
        CatalogueIndex(store, tmp_path, f"sqlite:///{tmp_path / 'store.db'}")
    assert caught.value.code == "database-url-malformed"
    store.close()


@pytest.mark.parametrize(("told", "in_database"), [({}, False), ({"COLOPHON_INDEX": "postgres"}, True)])
def test_settings__index__says_where_it_lies(tmp_path, told, in_database):
    assert load_settings({"COLOPHON_HOME": str(tmp_path), **told}).index_in_database is in_database


def test_settings__unknown_index__is_refused(tmp_path):
    with pytest.raises(InputError) as caught:
        load_settings({"COLOPHON_HOME": str(tmp_path), "COLOPHON_INDEX": "sqlite"})
    assert caught.value.code == "setting-malformed"


@needs_server
def test_recognise__configured_for_the_database__a_second_home_finds_what_the_first_registered(
    site: Site, url: str, tmp_path: Path
):
    """By configuration alone: nothing but the settings differs from a service with files."""
    site.environ.update(COLOPHON_DATABASE_URL=url, COLOPHON_INDEX="postgres")
    first = site.settings.home
    relayer, pricing = service_signers(site.settings)
    with open_services(site.settings, relayer=relayer, pricing=pricing) as services, open_engine(services) as engine:
        job = engine.wait(start_registration(engine, CHELSEA, RegistrationRequest(site.address(ADA), "Chelsea")).id)
        submit_signature(engine, job.id, site.signer(ADA).sign_typed(job.typed))
        work = int(engine.wait(job.id).result["work"], 16)
    with Image.open(CHELSEA) as picture:
        picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "mirrored.jpg", quality=60)
    site.environ["COLOPHON_HOME"] = str(tmp_path / "another home")
    with open_services(site.settings) as services:
        found = recognise(services, tmp_path / "mirrored.jpg")

    assert [(match.work_id, match.decision) for match in found.matches] == [(work, "derived")]
    assert not list(tmp_path.rglob("codes")) + list(first.rglob("codes"))
