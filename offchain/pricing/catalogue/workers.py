"""Parts of a catalogue in worker processes, by the interface of `concurrent.futures`.

A slice is written to a folder once and mapped by the worker that answers for it; then only questions (duals) and
answers (sums) travel. Each executor must have one worker, so that a part keeps its state: a process pool of one here,
`Client.get_executor(workers=[address])` of dask.distributed on other machines that see the same folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from offchain.errors import UnavailableError
from offchain.pricing.catalogue.arrays import Catalogue, Holders, Row
from offchain.pricing.catalogue.part import Part

__all__ = ["Workers", "local_workers", "open_slice", "store_slice"]

R = TypeVar("R")

_ARRAYS = ("revenue", "lowest", "highest", "parent", "least")
_MAPPED = ("revenue", "sales", "lowest", "highest")
_HOLDERS = ("start", "index", "share", "floors", "penalties")


def store_slice(catalogue: Catalogue, folder: Path) -> None:
    """Write a slice so that `open_slice` can map it; the folder exists and is empty."""
    arrays = {name: getattr(catalogue, name) for name in _ARRAYS}
    arrays |= {f"holders-{name}": getattr(catalogue.holders, name) for name in _HOLDERS}
    rows, shape = catalogue.rows, catalogue.revenue.shape[1:]
    arrays["rows-weights"] = np.array([row.weights for row in rows]).reshape(len(rows), *shape)
    arrays["rows-limit"] = np.array([row.limit for row in rows], dtype=float)
    arrays["rows-name"] = np.array([row.name for row in rows], dtype=str)
    arrays["rows-per"] = np.array([row.per for row in rows], dtype=str)
    if catalogue.sales is not None:
        arrays["sales"] = catalogue.sales
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def open_slice(folder: Path) -> Catalogue:
    """Read a slice; its large arrays are mapped, and pages that are not in use cost no memory."""
    found = {path.stem: np.load(path) for path in folder.glob("*.npy") if path.stem not in _MAPPED}
    found |= {name: _mapped(path) for name in _MAPPED if (path := folder / f"{name}.npy").exists()}
    rows = zip(*(found[f"rows-{name}"] for name in ("name", "weights", "limit", "per")), strict=True)
    return Catalogue(
        **{name: found[name] for name in _ARRAYS},
        rows=tuple(Row(str(name), weights, float(limit), _per(per)) for name, weights, limit, per in rows),
        holders=Holders(**{name: found[f"holders-{name}"] for name in _HOLDERS}),
        sales=found.get("sales"),
    )


def _mapped(path: Path) -> NDArray[Any]:
    # Copy on write, because numba compiles anew for arrays that may not be written.
    array: NDArray[Any] = np.load(path, mmap_mode="c")
    return array.view(np.ndarray)


def _per(name: object) -> Literal["price", "sale"]:
    return "sale" if str(name) == "sale" else "price"


class Workers:
    """A crew (`offchain.pricing.catalogue.crew`) whose parts live in other processes.

    Args:
        executors: one for each part, of one worker each.
        folders: the parts' slices, as `store_slice` wrote them.
    """

    def __init__(self, executors: Sequence[Executor], folders: Sequence[Path]) -> None:
        self._parts = list(enumerate(zip(executors, folders, strict=True)))
        self._turn = 0

    def ask(self, question: Callable[[Part], R]) -> list[R]:
        """Put a question to every part at once; the answers in the order of the parts.

        Raises:
            UnavailableError: `pricing-worker-lost`; nothing of the solve is kept, and it may be started again.
        """
        turn, self._turn = self._turn, self._turn + 1
        try:
            pending = [
                executor.submit(_answer, str(folder), number, turn, question)
                for number, (executor, folder) in self._parts
            ]
            return [answer.result() for answer in pending]
        except BrokenExecutor as error:
            raise _lost() from error


@contextmanager
def local_workers(slices: Sequence[Catalogue]) -> Iterator[Workers]:
    """A process for each slice, ended with the block."""
    with TemporaryDirectory(prefix="colophon-pricing-") as root, ExitStack() as running:
        folders = [Path(root) / str(number) for number in range(len(slices))]
        for folder, part in zip(folders, slices, strict=True):
            folder.mkdir()
            store_slice(part, folder)
        context = get_context("spawn")  # a fork would share the locks of NumPy's and numba's threads
        pools = [running.enter_context(ProcessPoolExecutor(1, mp_context=context)) for _ in slices]
        yield Workers(pools, folders)


_held: dict[str, tuple[int, Part]] = {}
"""In a worker: its one part by folder, and how many questions it has answered."""


def _answer(folder: str, number: int, turn: int, question: Callable[[Part], R]) -> R:
    if turn == 0:
        _held.clear()
        _held[folder] = 0, Part(open_slice(Path(folder)), number)
    if folder not in _held or _held[folder][0] != turn:
        raise _lost()  # a restarted worker has forgotten what it was told
    part = _held[folder][1]
    _held[folder] = turn + 1, part
    return question(part)


def _lost() -> UnavailableError:
    return UnavailableError(
        "pricing-worker-lost", "a worker that held a part of the catalogue ended", "start the pricing again"
    )
