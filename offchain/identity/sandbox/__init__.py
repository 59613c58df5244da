"""Running a function on foreign bytes where nothing that goes wrong can hurt: in a process of its own.

    guarded(function, *arguments, memory=…, seconds=…)  → what the function returns, or a typed error

A warm parent without threads, keys or network (`nursery`) forks one child a call. The child gives up what it does not
need (`confinement`), computes, and leaves plain data (`plain`) in memory that the caller reads once the child is dead.
"""

from __future__ import annotations

from offchain.identity.sandbox.guard import Answer, guarded, measured

__all__ = ["Answer", "guarded", "measured"]
