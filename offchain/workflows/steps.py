"""Steps: what a workflow does between two lines of its journal, patient with nodes that are away.

A trouble that passes quickly is waited for within the step. One that lasts ends the workflow, and the
engine writes down when it is to go on (`offchain.workflows.postponing`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

import structlog
from dbos import DBOS

from offchain.errors import UnavailableError
from offchain.tracing import span
from offchain.workflows.engine import Engine

__all__ = ["engine", "run_step"]

P = ParamSpec("P")
T = TypeVar("T")

_WAITS: Final = (0.5, 1.0, 2.0)
"""Seconds before a step that found a node away is tried again; then its job waits, or is interrupted."""

_log = structlog.get_logger("colophon.workflows")


def engine() -> Engine:
    """The engine that runs the calling workflow."""
    assert Engine.current is not None, "a workflow runs in a started engine only"  # noqa: S101 - cannot be otherwise
    return Engine.current


def run_step(name: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one step of the calling workflow and commit its result; while a node is away, try a few times.

    Raises:
        ColophonError: what the function raised; the workflow ends with it.
    """

    def attempt() -> T:
        engine().require_running()
        engine().count(1)
        try:
            with span(name, workflow=DBOS.workflow_id or ""):
                return _patiently(name, lambda: function(*args, **kwargs))
        except UnavailableError as error:
            engine().postpone(str(DBOS.workflow_id), name, error)
            raise
        finally:
            engine().count(-1)

    return DBOS.run_step({"name": name}, attempt)


def _patiently(name: str, action: Callable[[], T]) -> T:
    log = _log.bind(workflow=DBOS.workflow_id, step=name)
    for wait in (*_WAITS, None):
        try:
            result = action()
        except UnavailableError as error:
            log.warning("step-unavailable", code=error.code, again_in=wait)
            if wait is None:
                raise
            time.sleep(wait)
        else:
            log.info("step-done")
            return result
    raise AssertionError("the last attempt returns or raises")
