"""Does a file come from something registered? Codes and terms propose registered works, their evidence decides.

    CandidateIndex(engine)         files features under a number, proposes the numbers that a probe may come from
    judged(probe, registered)      → Likeness or None: what the two have in common, and how sure that is
    judged_apart(probe, claimed)   the same for features that were not computed here

A match is `same` (the very bytes, or the same content in another encoding), `derived` from the registered work, or
`similar` to it. What proposes never decides: nothing is called a copy because of a code alone.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from offchain.identity.engines import Engine
from offchain.identity.matching import compare
from offchain.identity.matching.features import Decision, Features, Likeness, Medium, Probe
from offchain.identity.matching.judging import bundled, judge, likeness_from_plain
from offchain.identity.sandbox import guarded

__all__ = ["CANDIDATES", "OVERLAP", "CandidateIndex", "Filing", "Match", "Position", "judged", "judged_apart"]

CANDIDATES: Final = 20
"""Most works that one file is compared with."""

OVERLAP: Final = 256
"""Numbers below the highest one among which works may still be missing."""

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
    """Features of registered works, by medium. Processes share an engine; searches go on while one files.

    It holds nothing that the store does not: `clear` it and file all again when it is damaged.

    Args:
        engine: where the indexes lie.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def position(self) -> Position | None:
        """The last work that was filed; None in an empty index, or where that is not known any more."""
        note = self._engine.note()
        if note is None:
            return None
        try:
            told = json.loads(note)
            return Position(int(told["number"]), int(told["work"], 16), frozenset(map(int, told["recent"])))
        except (ValueError, KeyError, TypeError):
            return None

    def file(self, works: Iterable[Filing]) -> None:
        """File works; filing one again changes nothing. Call it under `filing`.

        Raises:
            UnavailableError: `index-unwritable`, `index-busy`, `index-damaged`, `store-unavailable`.
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

    def filing(self) -> AbstractContextManager[None]:
        """Wait until no other process files, and keep others from it.

        Raises:
            UnavailableError: `index-unwritable`, `store-unavailable`.
        """
        return self._engine.filing()

    def candidates(self, probe: Probe) -> list[int]:
        """Numbers of the works that a file may come from, most promising first, at most `CANDIDATES`.

        Raises:
            UnavailableError: `index-damaged`, `term-index-damaged`, `store-unavailable`.
        """
        # Turn and turn about: neither kind of proposal crowds the other out.
        pairs = zip_longest(self._near(probe), self._sharing(probe))
        proposed = (number for pair in pairs for number in pair if number is not None)
        return list(dict.fromkeys(proposed))[:CANDIDATES]

    def clear(self) -> None:
        """Forget everything; call it under `filing`.

        Raises:
            UnavailableError: `index-unwritable`, `store-unavailable`.
        """
        self._engine.clear()

    def close(self) -> None:
        """Give files or connections back; they are opened again when needed."""
        self._engine.close()

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
        self._engine.keep_note(json.dumps({"number": number, "work": f"{work_id:#066x}", "recent": kept}))

    def _file_codes(self, medium: Medium, works: Sequence[tuple[int, Features]]) -> None:
        rows = [(code, number) for number, features in works for code in features.codes]
        if rows:
            self._engine.add_codes(medium, [code for code, _ in rows], [number for _, number in rows])

    def _file_terms(self, medium: Medium, works: Sequence[tuple[int, Features]]) -> None:
        rows = [(number, features.terms) for number, features in works if len(features.terms)]
        if rows:
            self._engine.add_terms(medium, rows)

    def _near(self, probe: Probe) -> list[int]:
        """By codes: those first that most codes lead to, of these the nearest."""
        index = self._engine.codes(probe.medium) if probe.codes else None
        if index is None:
            return []
        found = index.search_many(probe.codes, probe.radius)
        keys = np.concatenate([each.keys for each in found])
        distances = np.concatenate([each.distances for each in found])
        numbers, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
        nearest = np.full(len(numbers), np.iinfo(np.uint16).max, dtype=np.uint16)
        np.minimum.at(nearest, inverse, distances)
        return [int(numbers[at]) for at in np.lexsort((numbers, nearest, -counts))[:CANDIDATES]]

    def _sharing(self, probe: Probe) -> list[int]:
        """By terms: those that share most, rare terms counting for more."""
        index = self._engine.terms(probe.medium) if len(probe.terms) else None
        if index is None:
            return []
        numbers, _ = index.candidates(probe.terms, probe.min_terms, CANDIDATES)
        return [int(number) for number in numbers]

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
