"""What a campaign has measured so far, on disk: one that was interrupted goes on where it was.

Results are kept beside the digest of the code that gave them; changed code measures anew.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, TypeVar

__all__ = ["NotMeasuredError", "Progress"]

_IDENTITY: Final = Path(__file__).resolve().parents[3] / "offchain" / "identity"
Result = TypeVar("Result")


class NotMeasuredError(Exception):
    """There is no result of this name, and nothing is measured any more."""


class Progress:
    """Results by name, each in a file of its own.

    Args:
        folder: made if there is none; nobody else may write to it, since results are pickled.
        code: files and folders under `offchain/identity` that the results depend on.
        sums_up: to measure nothing any more.
    """

    def __init__(self, folder: Path, code: Iterable[str], *, sums_up: bool = False) -> None:
        self._sums_up = sums_up
        files = sorted(path for part in code for path in (_IDENTITY / part, *(_IDENTITY / part).rglob("*.py")))
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in files if path.is_file()))
        self.folder = folder / digest.hexdigest()[:16]
        self.folder.mkdir(parents=True, exist_ok=True)

    def once(self, name: str, measure: Callable[[], Result]) -> Result:
        """What `measure` gives, or gave when it was asked for by this name before.

        Raises:
            NotMeasuredError: it was not, and nothing is measured any more.
        """
        path = self.folder / hashlib.sha256(name.encode()).hexdigest()
        try:
            kept: Result = pickle.loads(path.read_bytes())  # noqa: S301 - of our own writing, see the class
        except FileNotFoundError:
            if self._sums_up:
                raise NotMeasuredError(name) from None
            kept = measure()
            partial = path.with_suffix(".partial")
            partial.write_bytes(pickle.dumps(kept))
            partial.replace(path)
        return kept
