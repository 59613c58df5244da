"""The engine: runs workflows durably (DBOS) over one process's services.

Every step's result is committed before the next step starts, so a killed process loses at most the step that it was
in; the next one under the same name runs that step again. Steps are therefore idempotent, each in its own way.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, ClassVar, Final, ParamSpec, TypeVar

import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID, WorkflowStatus

from offchain.errors import RefusedError, UnavailableError
from offchain.workflows.jobs import ACTIVE, PUBLISHING, Job, cancelled, fold_job, unknown_job
from offchain.workflows.services import Services

__all__ = ["Engine", "run_step"]

P = ParamSpec("P")
T = TypeVar("T")

_VERSION: Final = "4"
"""Version of the workflows' steps: raise it when unfinished workflows of the old code must begin anew on the new."""

_WAITS: Final = (0.5, 1.0, 2.0)
"""Seconds before a step that found a node away is tried again; then the job is interrupted."""

_UNFINISHED: Final = 16
"""Most generations that have not ended: each keeps a thread, and they take turns with the model."""

_POLL: Final = 0.1
_DRAIN: Final = 10.0

_log = structlog.get_logger("colophon.workflows")


class _Stopping(BaseException):
    """Leaves a step unfinished. No `Exception`: the journal would keep it as the outcome, and the job as ended."""


class Engine:
    """Starts jobs and tells how they stand; one runs in a process at a time.

    Args:
        services: what the steps work with.
        name: two processes of one home never run under one name at the same time.
    """

    current: ClassVar[Engine | None] = None

    def __init__(self, services: Services, name: str = "service") -> None:
        self.services = services
        self.fractions: dict[str, float] = {}
        self._cancelled: set[str] = set()
        self._stopping = threading.Event()
        self._admitting = threading.Lock()
        self._name = name
        self._lock: int | None = None
        self._running = 0
        self._counting = threading.Condition()

    def start(self) -> None:
        """Open the journal and continue what an earlier process left unfinished.

        Raises:
            UnavailableError: `workflows-busy`, another process runs under this name.
        """
        home = self.services.settings.home
        home.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(home / f"workflows-{self._name}.lock")
        DBOS(config=_config(self.services, self._name))
        Engine.current = self
        DBOS.launch()
        self._begin_older_anew()

    def stop(self) -> None:
        """Let running steps end, and close the journal; unfinished jobs continue at the next start.

        A generation leaves its step at the next token, and begins that step again.
        """
        self._stopping.set()
        with self._counting:
            self._counting.wait_for(lambda: self._running == 0, timeout=_DRAIN)
        DBOS.destroy()
        Engine.current = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def begin(self, workflow: Callable[..., Any], workflow_id: str, *arguments: object) -> None:
        """Start a workflow unless one with this id was started before."""
        with SetWorkflowID(workflow_id):
            DBOS.start_workflow(workflow, *arguments)

    @contextmanager
    def room_for_generation(self) -> Iterator[None]:
        """Start one more generation in this block.

        Raises:
            UnavailableError: `generation-busy`, too many have not ended.
        """
        with self._admitting:
            ids = DBOS.list_workflows(
                workflow_id_prefix="generation-", status=list(ACTIVE), load_input=False, load_output=False
            )
            if len(ids) >= _UNFINISHED:
                raise UnavailableError(
                    "generation-busy",
                    f"{len(ids)} generations wait for the model already",
                    "ask again when one of them has ended",
                )
            yield

    def find(self, job_id: str) -> Job | None:
        """The job with this id, or None."""
        ids = [job_id, job_id + PUBLISHING]
        statuses = [status for status in map(_status, ids) if status is not None]
        if not statuses:
            return None
        done = [_ended(status.workflow_id) for status in statuses]
        return fold_job(job_id, statuses, done, self.fractions.get(statuses[-1].workflow_id, 0.0))

    def job(self, job_id: str) -> Job:
        """The job with this id.

        Raises:
            NotFoundError: `unknown-job`.
        """
        found = self.find(job_id)
        if found is None:
            raise unknown_job(job_id)
        return found

    def retry(self, job_id: str) -> Job:
        """Continue an interrupted, failed or cancelled job at the step that stopped it; others are left alone.

        Raises:
            NotFoundError: `unknown-job`.
            UnavailableError: `generation-busy`.
        """
        job = self.job(job_id)
        if job.error is not None:
            last = job_id + PUBLISHING if _status(job_id + PUBLISHING) else job_id
            with self.room_for_generation() if job.kind == "generation" else nullcontext():
                self._cancelled.discard(job_id)
                self.rewind(last, len(_ended(last)) + 1)
        return self.job(job_id)

    def cancel(self, job_id: str) -> Job:
        """Stop a generation; one that has ended is left alone.

        If this process runs it, it stops as soon as the model has drawn the next token; another process ends the step
        that it is in, of which the job keeps nothing.

        Raises:
            NotFoundError: `unknown-job`.
            RefusedError: `not-cancellable`, a job that sends transactions.
        """
        job = self.job(job_id)
        if job.kind != "generation":
            raise RefusedError(
                "not-cancellable", f"a {job.kind} cannot be cancelled", "do not sign it, or let it end", job=job_id
            )
        if job.state == "running":
            # First in the journal: no other process goes on with it, and the step's own end no longer counts.
            DBOS.cancel_workflow(job_id)
            self._cancelled.add(job_id)
        return self.job(job_id)

    def require_wanted(self, job_id: str) -> None:
        """Let a running step go on unless its job was cancelled, or the engine stops.

        Raises:
            RefusedError: `job-cancelled`.
        """
        if self._stopping.is_set():
            raise _Stopping
        if job_id in self._cancelled:
            raise cancelled(job_id)

    def rewind(self, workflow_id: str, step: int) -> None:
        """Run a workflow that has ended again, from its `step`-th step (from 1) on; older code's from its first."""
        status = _status(workflow_id)
        ran = "" if status is None else status.app_version or ""
        start = step if ran.rpartition("-")[2] == _VERSION else 1
        DBOS.rewind_workflow(workflow_id, start_step=start, application_version=_version(self._name))

    def forget(self, workflow_id: str) -> bool:
        """Remove a workflow from the journal, so that its id can be used anew; False when there is none."""
        if _status(workflow_id) is None:
            return False
        DBOS.delete_workflow(workflow_id)
        return True

    def output(self, workflow_id: str) -> Any:  # noqa: ANN401 - each workflow knows its own
        """What a workflow ended with, None while it runs."""
        status = _status(workflow_id)
        return None if status is None else status.output

    def wait(self, job_id: str, on_change: Callable[[Job], None] | None = None, timeout: float = 600.0) -> Job:
        """Wait until a job needs somebody or has ended.

        Args:
            job_id: its id.
            on_change: called with the job whenever it moved.
            timeout: seconds.

        Raises:
            UnavailableError: `job-slow`, it is still running; it goes on.
        """
        deadline, before = time.monotonic() + timeout, None
        while True:
            job = self.job(job_id)
            if on_change is not None and job != before:
                on_change(job)
            if job.state != "running":
                return job
            if time.monotonic() > deadline:
                raise UnavailableError(
                    "job-slow", f"the job still runs after {timeout:g} s", "look again later", job=job_id
                )
            before = job
            time.sleep(_POLL)

    def _begin_older_anew(self) -> None:
        """No process would ever continue workflows of an older version; their steps repeat without harm."""
        for status in DBOS.list_workflows(status=list(ACTIVE), load_input=False, load_output=False):
            older = status.app_version or ""
            if older != _version(self._name) and older.rpartition("-")[0] == self._name:
                DBOS.cancel_workflow(status.workflow_id)
                self.rewind(status.workflow_id, 1)

    def count(self, change: int) -> None:
        """Tell that a step began (1) or ended (-1)."""
        with self._counting:
            self._running += change
            self._counting.notify_all()


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
        engine().count(1)
        try:
            return _patiently(name, lambda: function(*args, **kwargs))
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


def _status(workflow_id: str) -> WorkflowStatus | None:
    return DBOS.get_workflow_status(workflow_id)


def _ended(workflow_id: str) -> list[str]:
    """Names of the steps that succeeded, in order."""
    return [step["function_name"] for step in DBOS.list_workflow_steps(workflow_id) if step["error"] is None]


def _version(name: str) -> str:
    """Under which the journal keeps what a process of this name runs."""
    return f"{name}-{_VERSION}"


def _config(services: Services, name: str) -> DBOSConfig:
    url = services.settings.database_url
    journal = services.settings.home / f"workflows-{name}.db"
    return DBOSConfig(
        name="colophon",
        system_database_url=f"sqlite:///{journal}" if url.startswith("sqlite") else url,
        executor_id=name,
        # Processes of different names may share one PostgreSQL journal; each continues its own work only.
        application_version=_version(name),
        # Its log repeats every error of a step with a traceback; ours tells them once.
        log_level="CRITICAL",
        notification_listener_polling_interval_sec=_POLL,
    )


def _locked(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise UnavailableError(
            "workflows-busy", "another process of this home runs workflows", f"let it end first; it holds {path}"
        ) from error
    return handle
