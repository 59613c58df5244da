"""Edited and unrelated texts through the term index and `compare`, beside other methods, with 95 % intervals.

    python -m tests.bench.identity.text --tuning FOLDER … --evaluation FOLDER …

Each `*.txt` of a folder is one source, and so are all `*.html` of it together, but for pages of licences, which many
manuals share; a source is cut into works of 200 and of 1,000 words. Works of one source are never a pair of unrelated
ones. The other methods' thresholds are set at 0.1 % false positives on the tuning sources; ours are
constants of `offchain.identity.matching.text`, chosen on these too. Without folders: the descriptions that installed
packages carry, every second for tuning, and the chapters of tests/data. Deterministic but for the costs. Prints JSON.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import random
import re
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from offchain.identity.documents.html import page_text
from offchain.identity.matching.features import Features, Probe
from offchain.identity.matching.text import compare, features, probe
from offchain.identity.terms import TermWriter, open_terms
from tests.bench.identity.statistics import clopper_pearson, wilson
from tests.bench.identity.text_edits import EDITS
from tests.bench.identity.text_peers import FALSE_POSITIVES, PEERS, Peer

__all__ = ["rows"]

DATA: Final = Path(__file__).resolve().parents[2] / "data"
SIZES: Final = (200, 1_000)
MOST_OF_A_SOURCE: Final = 100
EDITED: Final = 500
PEER_PAIRS: Final = 20_000
LIMIT: Final = 50
GOALS: Final = {"excerpt of 20 %": 99.0, "20 % of words substituted": 99.0}

_LICENCE: Final = re.compile("licen[cs]e|copying|gpl|fdl|legal", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"[/:|=<>`]\S")

Sources = dict[str, list[str]]


@dataclass(frozen=True)
class Work:
    source: str
    words: list[str]

    @property
    def text(self) -> str:
        return " ".join(self.words)


@dataclass(frozen=True)
class Shelf:
    """Works of evaluation, filed in an index under their number."""

    works: list[Work]
    filed: list[Features]
    index: TermWriter

    def found(self, asked: Probe | None, limit: int = LIMIT) -> dict[int, str]:
        """Decision on each work that the index proposes and `compare` confirms."""
        if asked is None:
            return {}
        keys, _ = self.index.candidates(asked.terms, asked.min_terms, limit)
        likenesses = {int(key): compare(asked.evidence, self.filed[key].evidence) for key in keys}
        return {key: likeness.decision for key, likeness in likenesses.items() if likeness}


def works_of(sources: Sources, size: int, chance: random.Random) -> list[Work]:
    works: list[Work] = []
    for name, words in sources.items():
        starts = list(range(0, len(words) - size + 1, size))
        chance.shuffle(starts)
        works += [Work(name, words[start : start + size]) for start in starts[:MOST_OF_A_SOURCE]]
    return [work for work in works if features(work.text)]


def packaged() -> tuple[Sources, Sources]:
    """Descriptions of installed packages, and chapters."""
    described = {found.name: prose(found.read_text("METADATA") or "") for found in importlib.metadata.distributions()}
    sources = [(name, words) for name, words in sorted(described.items()) if len(words) >= SIZES[0]]
    chapters = {path.stem: path.read_text().split() for path in sorted(DATA.glob("*.txt"))}
    return dict(sources[::2]), {**dict(sources[1::2]), **chapters}


def prose(metadata: str) -> list[str]:
    """Words of a description without the addresses of its badges, which many share."""
    _, _, description = metadata.partition("\n\n")
    return [word for word in description.split() if not _ADDRESS.search(word)]


def read(folders: Iterable[Path]) -> Sources:
    sources: Sources = {}
    for folder in folders:
        for path in sorted(folder.rglob("*.txt")):
            sources[str(path)] = path.read_text(errors="replace").split()
        pages = [path for path in sorted(folder.rglob("*.html")) if not _LICENCE.search(path.stem)]
        if pages:
            sources[str(folder)] = [word for page in pages for word in page_text(page.read_bytes()).split()]
    return sources


def threshold(peer: Peer, works: list[Work], chance: random.Random) -> float:
    """Least likeness that at most `FALSE_POSITIVES` of the unrelated pairs reach."""
    likenesses = sorted(likeness for likeness in unrelated(peer, works, chance))
    allowed = likenesses[len(likenesses) - 1 - int(len(likenesses) * FALSE_POSITIVES)]
    return float(np.nextafter(allowed, np.inf))


def unrelated(peer: Peer, works: list[Work], chance: random.Random) -> Iterator[float]:
    signs = [peer.sign(work.text) for work in works]
    for _ in range(PEER_PAIRS):
        one, other = chance.sample(range(len(works)), 2)
        if works[one].source != works[other].source:
            yield peer.likeness(signs[one], signs[other])


def edited_rows(shelf: Shelf, size: int, least: dict[str, float], seed: int) -> Iterator[dict[str, object]]:
    chance = random.Random(seed)
    chosen = chance.sample(range(len(shelf.works)), min(EDITED, len(shelf.works)))
    signs = {peer.name: {at: peer.sign(shelf.works[at].text) for at in chosen} for peer in PEERS}
    for name, edit in EDITS.items():
        hits, decisions = dict.fromkeys(["ours", *signs], 0), dict.fromkeys(("same", "derived", "similar", "none"), 0)
        for at in chosen:
            work = shelf.works[at]
            others = [other.words for other in chance.sample(shelf.works, 9) if other.source != work.source]
            text = edit(work.words, others or [work.words], chance)
            decision = shelf.found(probe(text)).get(at, "none")
            decisions[decision] += 1
            hits["ours"] += decision in {"same", "derived"}
            for peer in PEERS:
                hits[peer.name] += peer.likeness(peer.sign(text), signs[peer.name][at]) >= least[peer.name]
        yield {
            "name": f"text of {size} words, {name}",
            "value": round(100 * hits["ours"] / len(chosen), 1),
            "unit": "% found as same or derived, through the index",
            "better": "higher",
            "goal": GOALS.get(name),
            "interval": percent(wilson(hits["ours"], len(chosen))),
            "samples": len(chosen),
            "decisions": decisions,
            "references": {peer.name: round(100 * hits[peer.name] / len(chosen), 1) for peer in PEERS},
        }


def unrelated_rows(shelf: Shelf, size: int, least: dict[str, float], seed: int) -> Iterator[dict[str, object]]:
    """Whole works, and fifths of them, against every work of another source."""
    chance = random.Random(seed)
    counts = {source: sum(work.source == source for work in shelf.works) for source in {w.source for w in shelf.works}}
    for name in ("unedited", "excerpt of 20 %"):
        decisions, pairs, missed = dict.fromkeys(("same", "derived", "similar"), 0), 0, 0
        for work in shelf.works:
            asked = probe(EDITS[name](work.words, [], chance))
            missed += asked is None
            pairs += (len(shelf.works) - counts[work.source]) * (asked is not None)
            for key, decision in shelf.found(asked, len(shelf.works)).items():
                decisions[decision] += shelf.works[key].source != work.source
        for decision, count in decisions.items():
            yield {
                "name": f"texts of {size} words, unrelated, {name}: called {decision}",
                "value": count,
                "unit": "pairs",
                "better": "lower",
                "goal": int(pairs * FALSE_POSITIVES) if decision != "similar" else None,
                "rate_interval": clopper_pearson(count, pairs),
                "samples": pairs,
                "featureless_probes": missed,
            }
    yield {
        "name": f"texts of {size} words, unrelated: other methods' false positives",
        "value": None,
        "unit": "%",
        "better": "lower",
        "references": {
            peer.name: round(
                100 * float(np.mean([x >= least[peer.name] for x in unrelated(peer, shelf.works, chance)])), 3
            )
            for peer in PEERS
        },
    }


def cost_rows(shelf: Shelf, size: int) -> Iterator[dict[str, object]]:
    texts = [work.text for work in shelf.works[:200]]
    begun = time.process_time()
    asked = [probe(text) for text in texts]
    probed = time.process_time()
    for text in texts:
        features(text)
    filed = time.process_time()
    for one in asked:
        shelf.found(one)
    searched = time.process_time()
    for name, seconds in (
        ("probe", probed - begun),
        ("features", filed - probed),
        (f"lookup among {len(shelf.works)} and comparison", searched - filed),
    ):
        value = round(1_000 * seconds / len(texts), 3)
        yield {"name": f"text of {size} words, {name}", "value": value, "unit": "CPU ms", "better": "lower"}
    for name, mean in (
        ("terms filed", np.mean([len(one.terms) for one in shelf.filed])),
        ("evidence", np.mean([len(one.evidence) for one in shelf.filed])),
    ):
        unit = "bytes" if name == "evidence" else "terms"
        yield {"name": f"text of {size} words, {name}", "value": round(float(mean)), "unit": unit, "better": "lower"}


def rows(tuning: Sequence[Path] = (), evaluation: Sequence[Path] = ()) -> list[dict[str, object]]:
    """The whole table; folders of `*.txt` files, or what is installed."""
    tuned, evaluated = (read(tuning), read(evaluation)) if tuning and evaluation else packaged()
    table: list[dict[str, object]] = []
    for size in SIZES:
        examples = works_of(tuned, size, random.Random(size))
        least = {peer.name: threshold(peer, examples, random.Random(size)) for peer in PEERS}
        works = works_of(evaluated, size, random.Random(size))
        filed = [found for work in works if (found := features(work.text))]
        with tempfile.TemporaryDirectory() as folder, open_terms(Path(folder)) as index:
            index.add_many((key, found.terms) for key, found in enumerate(filed))
            shelf = Shelf(works, filed, index)
            table += edited_rows(shelf, size, least, seed=size)
            table += unrelated_rows(shelf, size, least, seed=size)
            table += cost_rows(shelf, size)
    return table


def percent(interval: tuple[float, float]) -> tuple[float, float]:
    return round(100 * interval[0], 1), round(100 * interval[1], 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tuning", type=Path, nargs="*", default=[])
    parser.add_argument("--evaluation", type=Path, nargs="*", default=[])
    given = parser.parse_args()
    print(json.dumps({"rows": rows(given.tuning, given.evaluation)}, indent=1, ensure_ascii=False))
