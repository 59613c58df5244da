"""Does a file come from something registered? Codes and terms propose registered works, their evidence decides.

    CandidateIndex(folder)         files features under a number, proposes the numbers that a probe may come from
    judged(probe, registered)      → Likeness or None: what the two have in common, and how sure that is
    judged_apart(probe, claimed)   the same for features that were not computed here

A match is `same` (the very bytes, or the same content in another encoding), `derived` from the registered work, or
`similar` to it. What proposes never decides: nothing is called a copy because of a code alone.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from offchain.identity.durable import replace_file, writing
from offchain.identity.index import CodeIndex, open_index
from offchain.identity.matching import compare
from offchain.identity.matching.features import Decision, Features, Likeness, Medium, Probe
from offchain.identity.matching.judging import bundled, judge, likeness_from_plain
from offchain.identity.sandbox import guarded
from offchain.identity.terms import TermReader, open_terms, read_terms

__all__ = ["CANDIDATES", "OVERLAP", "CandidateIndex", "Filing", "Match", "Position", "judged", "judged_apart"]

CANDIDATES: Final = 20
"""Most works that one file is compared with."""

OVERLAP: Final = 256
"""Numbers below the highest one among which works may still be missing."""

_CODES: Final = "codes"
_TERMS: Final = "terms"
_POSITION: Final = "position.json"
_JUDGING_MEMORY: Final = 2**29
_JUDGING_SECONDS: Final = 5.0
_BATCH: Final = 1024
"""Works filed between two notes of the position."""


@dataclass(frozen=True, slots=True)
class Match:
    """A registered work that a file equals, comes from or resembles.

    Attributes:
        work_id: the registered work.
        decision: see the module.
        likeness: why; None for the very bytes, which need no explanation.
        claimed: whether it rests on features that somebody stated and nobody here has computed from the work.
    """

    work_id: int
    decision: Decision
    likeness: Likeness | None
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """How far an index has come.

    Attributes:
        number: the highest that was filed.
        work_id: its work, by which the index of another store is known.
        recent: what was filed of the last `OVERLAP` numbers; a store may come to know a lower number after a higher.
    """

    number: int
    work_id: int
    recent: frozenset[int]


@dataclass(frozen=True, slots=True)
class Filing:
    """A work to be filed under its number in the store; one without features is only noted."""

    number: int
    work_id: int
    features: Features | None


def judged(probe: Probe, registered: Features) -> Likeness | None:
    """Compare a file with a candidate; None when they have nothing in common.

    Raises:
        InputError: `evidence-malformed`.
    """
    return compare(probe.medium, probe.evidence, registered.evidence)


def judged_apart(probe: Probe, claimed: Features) -> Likeness | None:
    """Compare a file with features that a stranger stated, in a confined process: they may be made to exhaust it.

    Raises:
        InputError: `evidence-malformed`, or `decoding-failed`, `decoding-too-long`, `decoding-too-large`.
        UnavailableError: `decoder-away`.
    """
    with tempfile.NamedTemporaryFile(prefix="colophon-") as pair:
        pair.write(bundled(probe.evidence, claimed.evidence))
        pair.flush()
        told = guarded(judge, probe.medium, Path(pair.name), memory=_JUDGING_MEMORY, seconds=_JUDGING_SECONDS)
    return None if told is None else likeness_from_plain(told)


class CandidateIndex:
    """Features of registered works on disk, by medium. Processes share a folder; searches go on while one files.

    It holds nothing that the store does not: `clear` it and file all again when it is damaged.

    Args:
        folder: made when the first work is filed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._codes: dict[Medium, CodeIndex] = {}
        self._terms: dict[Medium, TermReader] = {}
        self._opening = threading.Lock()

    def position(self) -> Position | None:
        """The last work that was filed; None in an empty index, or where that is not known any more."""
        try:
            told = json.loads((self._folder / _POSITION).read_bytes())
            return Position(int(told["number"]), int(told["work"], 16), frozenset(map(int, told["recent"])))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def file(self, works: Iterable[Filing]) -> None:
        """File works; filing one again changes nothing. Call it under `filing`.

        Raises:
            UnavailableError: `index-unwritable`, `index-busy`, `index-damaged`.
        """
        for batch in _batches(works):
            by_medium: dict[Medium, list[tuple[int, Features]]] = {}
            for filing in batch:
                if filing.features is not None:
                    by_medium.setdefault(filing.features.medium, []).append((filing.number, filing.features))
            for medium, filed in by_medium.items():
                self._file_codes(medium, filed)
                self._file_terms(medium, filed)
            self._note(batch)

    @contextmanager
    def filing(self) -> Iterator[None]:
        """Wait until no other process files, and keep others from it.

        Raises:
            UnavailableError: `index-unwritable`.
        """
        with writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = (self._folder / "filing.lock").open("ab")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def candidates(self, probe: Probe) -> list[int]:
        """Numbers of the works that a file may come from, most promising first, at most `CANDIDATES`.

        Raises:
            UnavailableError: `index-damaged`.
        """
        # Turn and turn about: neither kind of proposal crowds the other out.
        pairs = zip_longest(self._near(probe), self._sharing(probe))
        proposed = (number for pair in pairs for number in pair if number is not None)
        return list(dict.fromkeys(proposed))[:CANDIDATES]

    def clear(self) -> None:
        """Forget everything; call it under `filing`.

        Raises:
            UnavailableError: `index-unwritable`.
        """
        self.close()
        with writing(self._folder):
            (self._folder / _POSITION).unlink(missing_ok=True)
            for part in self._folder.iterdir():
                if part.is_dir():
                    shutil.rmtree(part)

    def close(self) -> None:
        """Give the files back; they are opened again when needed."""
        with self._opening:
            codes, self._codes, self._terms = self._codes, {}, {}
        for index in codes.values():
            index.close()

    def _note(self, filed: Sequence[Filing]) -> None:
        before = self.position()
        newest = max(filed, key=lambda filing: filing.number)
        number, work_id = newest.number, newest.work_id
        recent = {filing.number for filing in filed}
        if before is not None:
            recent |= before.recent
            if before.number > number:
                number, work_id = before.number, before.work_id
        kept = sorted(each for each in recent if each > number - OVERLAP)
        with writing(self._folder):
            note = {"number": number, "work": f"{work_id:#066x}", "recent": kept}
            replace_file(self._folder / _POSITION, json.dumps(note).encode())

    def _file_codes(self, medium: Medium, works: Sequence[tuple[int, Features]]) -> None:
        rows = [(code, number) for number, features in works for code in features.codes]
        if rows:
            index = self._code_index(medium)
            index.add([code for code, _ in rows], [number for _, number in rows])
            index.flush()

    def _file_terms(self, medium: Medium, works: Sequence[tuple[int, Features]]) -> None:
        rows = [(number, features.terms) for number, features in works if len(features.terms)]
        if rows:
            with open_terms(self._folder / medium / _TERMS) as index:
                index.add_many(rows)

    def _near(self, probe: Probe) -> list[int]:
        """By codes: those first that most codes lead to, of these the nearest."""
        if not probe.codes or not (self._folder / probe.medium / _CODES).exists():
            return []
        index = self._code_index(probe.medium)
        index.refresh()
        found = index.search_many(probe.codes, probe.radius)
        keys = np.concatenate([each.keys for each in found])
        distances = np.concatenate([each.distances for each in found])
        numbers, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
        nearest = np.full(len(numbers), np.iinfo(np.uint16).max, dtype=np.uint16)
        np.minimum.at(nearest, inverse, distances)
        return [int(numbers[at]) for at in np.lexsort((numbers, nearest, -counts))[:CANDIDATES]]

    def _sharing(self, probe: Probe) -> list[int]:
        """By terms: those that share most, rare terms counting for more."""
        index = self._term_index(probe.medium) if len(probe.terms) else None
        if index is None:
            return []
        numbers, _ = index.candidates(probe.terms, probe.min_terms, CANDIDATES)
        return [int(number) for number in numbers]

    def _code_index(self, medium: Medium) -> CodeIndex:
        with self._opening:
            if medium not in self._codes:
                self._codes[medium] = open_index(self._folder / medium / _CODES)
            return self._codes[medium]

    def _term_index(self, medium: Medium) -> TermReader | None:
        with self._opening:
            folder = self._folder / medium / _TERMS
            if medium not in self._terms and folder.exists():
                self._terms[medium] = read_terms(folder)
            return self._terms.get(medium)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _batches(works: Iterable[Filing]) -> Iterator[list[Filing]]:
    remaining = iter(works)
    while batch := list(islice(remaining, _BATCH)):
        yield batch
