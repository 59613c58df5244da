"""The similarity index of this process, kept level with the store's codes.

The store keeps the codes, so processes that share a store see each other's works; the index is rebuilt from it.
"""

from __future__ import annotations

import threading
from typing import Final

import structlog

from offchain.chain import work_hex
from offchain.errors import InputError
from offchain.identity import HammingScan, Identity, Match
from offchain.store import Store

__all__ = ["CODE_KIND", "CatalogueIndex"]

CODE_KIND: Final = "content-256"
"""Kind of the codes in the store: 256-bit Content-Codes, as `ISCC:…` in ASCII."""

_log = structlog.get_logger("colophon.workflows")


class CatalogueIndex:
    """Finds registered works that resemble another one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._scan = HammingScan()
        self._seen = 0
        self._lock = threading.Lock()

    def search(self, work: Identity) -> tuple[Match, ...]:
        """Registered works that `work` equals or resembles, nearest first."""
        self._refresh()
        return self._scan.search(work)

    def _refresh(self) -> None:
        with self._lock, self._store.snapshot() as tx:
            newest = next((record.sequence for record in tx.works.page(1)), 0)
            if newest == self._seen:
                return
            for work, code in tx.codes.all(CODE_KIND):
                self._take(work, code)
            self._seen = newest

    def _take(self, work: int, code: bytes) -> None:
        """One bad row must not stop every search."""
        try:
            self._scan.add(work, code.decode("ascii"))
        except (InputError, UnicodeDecodeError):
            _log.warning("code-unreadable", work=work_hex(work))
