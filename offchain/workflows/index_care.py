"""Care of the similarity index: whether its files are whole, and making it anew with what it lacks.

The index holds nothing that the store does not. The store may lack features of works that were registered before they
were kept: where the master lies here, they are computed from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from offchain.errors import ColophonError, InputError, NotFoundError, UnavailableError
from offchain.identity import examine
from offchain.identity.index import open_index
from offchain.identity.matching.filing import features_to_bytes
from offchain.identity.terms import read_terms
from offchain.workflows.services import Services
from offchain.workflows.similarity import FEATURES_KIND

__all__ = ["damage", "featureless", "rebuild"]


def damage(services: Services) -> Iterator[ColophonError]:
    """What is wrong with the files of the index, codes and terms, each byte of which is read.

    An index in a database has no files here: its server checks its own.
    """
    for folder in sorted((services.settings.home / "index").glob("*/*/*")):
        try:
            if folder.name == "codes":
                with open_index(folder) as index:
                    index.check()
            elif folder.name == "terms":
                read_terms(folder).verify()
        except (NotFoundError, UnavailableError) as error:
            yield error


def featureless(services: Services) -> list[int]:
    """Works registered here whose master is here and whose features are not: none of them is found by its likeness.

    Some never had any, e.g. silence.
    """
    masters = services.vault.works()
    with services.store.snapshot() as tx:
        return [work for work in masters if tx.contents.of_work(work) and tx.codes.find(work, FEATURES_KIND) is None]


def rebuild(services: Services, report: Callable[[int, ColophonError | None], None] = lambda *_: None) -> int:
    """Compute the features that are missing, and make the index anew from the store; how many works got some.

    Args:
        services: of this process.
        report: told each work that was looked at, and why it could not be.

    Raises:
        UnavailableError: `index-unwritable`, `term-index-unwritable`, `store-unavailable`, `decoder-away`.
    """
    filled = 0
    for work in featureless(services):
        try:
            found = _features(services, work)
        except (InputError, NotFoundError, UnavailableError) as error:
            # One file that cannot be read any more must not stop the rest; a process that reads none does.
            if error.code == "decoder-away":
                raise
            report(work, error)
            continue
        report(work, None)
        if found is not None:
            _keep(services, work, found)
            filled += 1
    services.similarity.rebuild()
    return filled


def _features(services: Services, work: int) -> bytes | None:
    with services.store.snapshot() as tx:
        title = tx.works.get(work).title
    master, limit = services.vault.master(work), services.settings.max_upload
    found = examine(master, title=title, limit=limit, wanted=("features",)).features
    return None if found is None else features_to_bytes(found)


def _keep(services: Services, work: int, features: bytes) -> None:
    services.vault.keep_features(features, work)
    with services.store.transaction() as tx:
        tx.codes.put(work, FEATURES_KIND, features)
