"""Every step's boundaries in a registration, a purchase and a generation: there a process dies, and another goes on.

Each step is killed twice: before it has done anything, and with its effect there but its result not in the journal.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx

from offchain.storage import IpfsNode
from offchain.storage.cid import normal_cid
from offchain.store import open_store
from offchain.workflows.holdings import holdings
from offchain.workflows.jobs import PUBLISHING, STEPS
from scripts.stack import development_key
from tests.offchain.databases import fresh_database
from tests.offchain.site import DORA, Site

__all__ = ["CELLS", "SOLD", "WORKS", "Cell", "Life", "Matrix", "Mother", "pins", "walked"]

SOLD: Final = "sold"
"""The registration whose work all purchases are of."""

WORKS: Final = 9
"""Works of a generation: two steps."""

_ROOT: Final = Path(__file__).resolve().parents[2]
_SECONDS: Final = 90
_FIRST_RELAYER: Final = 8
_SECRET: Final = (*STEPS["registration"], "commit", "before:pin")
"""Dying there, a registration has told nobody what it registers."""

_WANTED: Final = {"registration": 2, "purchase": 1, "generation": 0}
"""Transactions of each."""


@dataclass(frozen=True, slots=True)
class Life:
    """One process.

    Attributes:
        kind: of the job: registration, purchase or generation.
        key: which job of the kind; a later life of the same key goes on with it.
        fate: the step that it dies after, `before:STEP`, or nothing: it lives until the job has ended.
    """

    kind: str
    key: str
    fate: str = ""


def _boundaries(kind: str, steps: Sequence[str]) -> Iterator[Life]:
    for number, step in enumerate(steps):
        yield Life(kind, f"{kind}-{number}-before", f"before:{step}")
        yield Life(kind, f"{kind}-{number}-after", step)


_REGISTRATIONS: Final = (*_boundaries("registration", (*STEPS["registration"], *STEPS["registration" + PUBLISHING])),)
_OTHERS: Final = (
    *_boundaries("purchase", STEPS["purchase"]),
    *_boundaries("generation", ("generate 1 to 8", f"generate 9 to {WORKS}")),
)
CELLS: Final = _REGISTRATIONS + _OTHERS
"""Lives that are cut short."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of a job whose process died once.

    Attributes:
        life: that was cut short.
        made: titles, licences or works that are there for the job; told by chain or disk.
        wanted: how many of them there should be.
        transactions: that the relayer mined meanwhile.
        wrong: whatever else is not as it should be.
        seconds: both lives took.
    """

    life: Life
    made: int
    wanted: int
    transactions: int
    wrong: tuple[str, ...]
    seconds: float

    @property
    def right(self) -> bool:
        return self.made == self.wanted and self.transactions == _WANTED[self.life.kind] and not self.wrong


@dataclass(frozen=True, slots=True)
class Matrix:
    """All cells, and what the node keeps at the end: pins that no work needs, files of works that it has not."""

    cells: tuple[Cell, ...]
    orphans: frozenset[str]
    lost: frozenset[str]
    unsettled: int

    @property
    def right(self) -> bool:
        return all(cell.right for cell in self.cells) and not self.orphans and not self.lost and not self.unsettled


def walked(site: Site, kind: str, folder: Path, cells: Sequence[Life] = CELLS) -> Matrix:
    """Walk cells over a kind of database, in two lanes side by side, each a service of its own with its own relayer.

    Purchases are all of one lane: they share a work, and the numbers of a buyer's orders.
    """
    registrations = [life for life in cells if life.kind == "registration"]
    others = [life for life in cells if life.kind != "registration"]
    first = (len(cells) + 1) // 2
    parts = (registrations[:first], others + registrations[first:])
    with ExitStack() as stack:
        lanes = [
            _Lane(*stack.enter_context(_place(site, kind, folder / str(number), number)), part)
            for number, part in enumerate(parts)
            if part
        ]
        before = pins(site)
        with ThreadPoolExecutor(len(lanes)) as pool:
            told = [cell for lane in pool.map(_Lane.walk, lanes) for cell in lane]
        kept = pins(site) - before
        held = {cid for lane in lanes for cid in lane.held()}
        return Matrix(
            tuple(told), frozenset(kept - held), frozenset(held - kept), sum(lane.unsettled() for lane in lanes)
        )


class Mother:
    """The process that lives are forked from."""

    def __init__(self, site: Site) -> None:
        command = [sys.executable, "-m", "tests.offchain.dying"]
        alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # whoever forks has no threads
        self._process = subprocess.Popen(
            command,
            cwd=_ROOT,
            env=os.environ | site.environ | alone,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=_SECONDS)

    def bear(self, life: Life) -> dict[str, Any]:
        """Let a life be lived to its end; what its job came to, nothing for one that died as it was to.

        Raises:
            AssertionError: it ended in another way.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(astuple(life)), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        assert line, f"the mother ended in {life}"
        status, told = json.loads(line)
        assert status == (-signal.SIGKILL if life.fate else 0), f"{life} ended with {status}: {told}"
        return {} if life.fate else dict(json.loads(told))


class _Lane:
    """Cells one after the other, over a home and a database of their own."""

    def __init__(self, site: Site, relayer: str, lives: Sequence[Life]) -> None:
        self._site, self._relayer, self._lives = site, relayer, lives
        self._home = site.settings.home
        self._node = IpfsNode(site.environ["COLOPHON_IPFS_URL"])

    def walk(self) -> list[Cell]:
        with Mother(self._site) as mother:
            if any(life.kind == "purchase" for life in self._lives):
                mother.bear(Life("registration", SOLD))
            return [self._walked(mother, life) for life in self._lives]

    def held(self) -> set[str]:
        """CIDs that the store says are pinned for works."""
        with closing(open_store(self._site.settings.database_url)) as store:
            return {each.cid for each in holdings(store) if each.work is not None}

    def unsettled(self) -> int:
        """Transactions whose fate the sender does not know."""
        with closing(open_store(self._site.settings.database_url)) as store, store.snapshot() as tx:
            return len(tx.transactions.unsettled(self._site.world.client.chain_id, self._relayer))

    def _walked(self, mother: Mother, life: Life) -> Cell:
        client, begun = self._site.world.client, time.monotonic()
        nonce, block, files, paid = client.nonce(self._relayer), client.head() + 1, self._files(), self._dollars()
        mother.bear(life)
        told = self._files() - files if life.kind == "registration" and life.fate in _SECRET else set()
        wrong = [f"{cid} was pinned before the commitment" for cid in told if self._node.is_pinned(cid)]
        result = mother.bear(replace(life, fate=""))
        wrong += [f"{job} is unfinished" for job in result["unfinished"]]
        match life.kind:
            case "registration":
                made, wanted = self._sent("WorkRegistered", block, work=int(result["work"], 16)), 1
            case "purchase":
                made, wanted = self._sent("LicenceSold", block, holder=self._site.address(DORA)), 1
                wrong += [] if paid - self._dollars() == int(result["price"]) else ["another price was paid"]
            case _:
                works = {each["work"].removeprefix("0x") for each in result["works"]}
                made, wanted = len(works & {path.name for path in (self._home / "masters").glob("*")}), WORKS
        sent = client.nonce(self._relayer) - nonce
        return Cell(life, made, wanted, sent, tuple(wrong), round(time.monotonic() - begun, 2))

    def _files(self) -> set[str]:
        return {path.name for path in (self._home / "files").glob("*/*")}

    def _dollars(self) -> int:
        dollar = self._site.world.contracts.dollar
        assert dollar is not None
        return dollar.balance(self._site.address(DORA))

    def _sent(self, name: str, block: int, **arguments: object) -> int:
        """How many events of a name there are from a block on, with these arguments."""
        contracts, client = self._site.world.contracts, self._site.world.client
        logs = client.logs(block, client.head(), [at.address for at in contracts.deployment.contracts.values()])
        events = [event for event in contracts.decode(logs) if event.name == name]
        return sum(arguments.items() <= event.args.items() for event in events)


@contextmanager
def _place(site: Site, kind: str, home: Path, number: int) -> Iterator[tuple[Site, str]]:
    """The site with a home, a database and a relayer of a lane's own, and that relayer's address."""
    home.mkdir(parents=True)
    with fresh_database(kind, home) as url:
        own = {"COLOPHON_HOME": str(home), "COLOPHON_DATABASE_URL": url}
        own["COLOPHON_RELAYER_KEY"] = development_key(_FIRST_RELAYER + number)
        yield replace(site, environ=site.environ | own), site.address(_FIRST_RELAYER + number)


def pins(site: Site) -> set[str]:
    """CIDs of everything that the node pins."""
    answer = httpx.post(site.environ["COLOPHON_IPFS_URL"] + "/api/v0/pin/ls", params={"type": "recursive"}, timeout=30)
    return {normal_cid(cid) for cid in answer.raise_for_status().json()["Keys"]}
