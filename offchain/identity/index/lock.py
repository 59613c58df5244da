"""One writer at a time, over threads and processes. The kernel frees the lock of a process that dies."""

from __future__ import annotations

import fcntl
import threading
import time
from pathlib import Path
from typing import Final

from offchain.errors import UnavailableError

__all__ = ["WriterLock"]

_PATIENCE_SECONDS: Final = 120  # merging 16 M codes takes ten
_PAUSE_SECONDS: Final = 0.01


class WriterLock:
    """The lock of a folder; whoever holds it may take it again."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "writer.lock"
        self._thread = threading.RLock()
        self._depth = 0

    def acquire(self) -> None:
        """Wait for the lock.

        Raises:
            UnavailableError: `index-busy`.
            OSError: the folder cannot be written.
        """
        if not self._thread.acquire(timeout=_PATIENCE_SECONDS):
            raise self._busy()
        try:
            if self._depth == 0:
                self._file = self._path.open("ab")
                self._wait()
        except BaseException:
            self._thread.release()
            raise
        self._depth += 1

    def release(self) -> None:
        """Let others write."""
        self._depth -= 1
        if self._depth == 0:
            self._file.close()
        self._thread.release()

    def _wait(self) -> None:
        give_up = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > give_up:
                    self._file.close()
                    raise self._busy() from None
                time.sleep(_PAUSE_SECONDS)
            else:
                return

    def _busy(self) -> UnavailableError:
        return UnavailableError(
            "index-busy",
            f"another process has been writing the similarity index for {_PATIENCE_SECONDS} s",
            "try again, or end the process that holds the lock",
            lock=str(self._path),
        )
