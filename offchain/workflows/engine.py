"""The engine: runs workflows durably (DBOS) over one process's services.

Every step's result is committed before the next step starts, so a killed process loses at most the step that it was
in; whoever goes on (see `offchain.workflows.crew`) runs that step again. Steps are therefore idempotent, each in its
own way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, ClassVar, Final, ParamSpec, TypeVar

import structlog
from dbos import (
    DBOS,
    DBOSConfig,
    DBOSContextSetAuth,
    SetEnqueueOptions,
    SetWorkflowID,
    WorkflowStatus,
    WorkflowStatusString,
)

from offchain.errors import InputError, RefusedError, UnavailableError
from offchain.tracing import span
from offchain.workflows.crew import QUEUES, Alone, Crew, Member, queue_of
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

_CONNECTIONS: Final = 4
"""Most that the journal holds to its database in one process: a server has a hundred by default, for all of them."""

_POLL: Final = 0.1
_DRAIN: Final = 8.0
_LOOK: Final = 0.25
_TELL: Final = 1.0

_SERVICE: Final = "service"
_FRACTION: Final = "fraction"
_CLOSED: Final = "registration.closed"
_NEVER: Final = 100 * 365 * 86_400.0
_FORGOTTEN: Final = 600.0

_log = structlog.get_logger("colophon.workflows")


class _Stopping(BaseException):
    """Leaves a step unfinished. No `Exception`: the journal would keep it as the outcome, and the job as ended."""


class Engine:
    """Starts jobs and tells how they stand; one runs in a process at a time.

    Args:
        services: what the steps work with.
        name: of the kind of process. Over PostgreSQL any number of `service` processes share the work; otherwise two
            processes of one home never run under one name at the same time.
        queues: what a `service` process over PostgreSQL takes work from; None for all.

    Raises:
        InputError: `unknown-queue`; `workers-need-postgres`.
    """

    current: ClassVar[Engine | None] = None

    def __init__(self, services: Services, name: str = _SERVICE, queues: Collection[str] | None = None) -> None:
        self.services = services
        self._stopping = threading.Event()
        self._admitting = threading.Lock()
        self._name = name
        self._shared = name == _SERVICE and services.store.shared
        self._member = self._membership(queues)
        self._looked: dict[str, float] = {}
        self._told: dict[str, float] = {}
        self._running = 0
        self._counting = threading.Condition()

    def start(self) -> None:
        """Open the journal and continue what an earlier process left unfinished.

        Raises:
            UnavailableError: `workflows-busy`, another process runs under this name; `store-unavailable`.
        """
        self.services.settings.home.mkdir(parents=True, exist_ok=True)
        self._member.join()
        DBOS(config=_config(self.services, self._name, self._member.executor))
        DBOS.listen_queues(sorted(self._member.queues or ()))
        Engine.current = self
        with self._alone("open-journal"):
            DBOS.launch()
            self._member.work(_version(self._name))
            self._begin_older_anew()

    def stop(self) -> None:
        """Let running steps end and begin no other, then close the journal; others, or the next start, go on.

        A generation leaves its step at the next token, and begins that step again. A step that takes longer than eight
        seconds is left as if the process were killed.
        """
        self._stopping.set()
        with self._counting:
            self._counting.wait_for(lambda: self._running == 0, timeout=_DRAIN)
        DBOS.destroy()
        Engine.current = None
        self._member.leave()

    @property
    def busy(self) -> bool:
        """Whether steps run in this process."""
        return self._running > 0

    def begin(
        self, workflow: Callable[..., Any], workflow_id: str, *arguments: object, owner: str | None = None
    ) -> None:
        """Start a workflow unless one with this id was started before.

        Args:
            workflow: what to run.
            workflow_id: its id.
            arguments: its arguments.
            owner: account among whose jobs it is listed.
        """
        with SetWorkflowID(workflow_id), DBOSContextSetAuth(owner, None):
            if not self._shared:
                DBOS.start_workflow(workflow, *arguments)
                return
            # Whoever has signed waits for less than whoever has not.
            with SetEnqueueOptions(priority=1 if workflow_id.endswith(PUBLISHING) else 2):
                DBOS.enqueue_workflow(queue_of(workflow_id), workflow, *arguments)

    @contextmanager
    def room_for_generation(self) -> Iterator[None]:
        """Start one more generation in this block.

        Raises:
            UnavailableError: `generation-busy`, too many have not ended.
        """
        with self._admitting, self._alone("admit-generation"):
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
        return fold_job(job_id, statuses, done, _fraction(statuses[-1], done[-1]))

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
            if _is_closed(last):
                self.forget(last)
                return self.job(job_id)
            with self.room_for_generation() if job.kind == "generation" else nullcontext():
                self.rewind(last, len(_ended(last)) + 1)
        return self.job(job_id)

    def cancel(self, job_id: str) -> Job:
        """Stop a generation, or a registration that nobody has signed; a job that has ended is left alone.

        Whichever process runs it notices within a second, and the job keeps nothing of the step that it was in.

        Raises:
            NotFoundError: `unknown-job`.
            RefusedError: `not-cancellable`, a job that sends transactions.
        """
        job = self.job(job_id)
        following = job_id + PUBLISHING
        signed = _status(following) is not None and not _is_closed(following)
        if job.kind not in ("generation", "registration") or (signed and job.state == "running"):
            raise RefusedError(
                "not-cancellable", f"this {job.kind} cannot be cancelled", "do not sign it, or let it end", job=job_id
            )
        if job.state == "awaiting-signature" or _is_closed(following):
            self._close(job_id)
        elif job.state == "running":
            DBOS.cancel_workflow(job_id)
        return self.job(job_id)

    def require_wanted(self, job_id: str) -> None:
        """Let a running step go on unless its job was cancelled or went to another process, or the engine stops.

        Raises:
            RefusedError: `job-cancelled`.
        """
        if self._stopping.is_set():
            raise _Stopping
        if not _is_due(self._looked, job_id, _LOOK):
            return
        status = _status(job_id)
        here = status is not None and status.executor_id == self._member.executor
        if status is None or not here or status.status != WorkflowStatusString.PENDING.value:
            raise cancelled(job_id)

    def tell(self, job_id: str, step: str, fraction: float) -> None:
        """Let every process see how far a job's running step is, 0 to 1; what comes within a second is not told."""
        if _is_due(self._told, job_id, _TELL):
            DBOS.set_event(_FRACTION, (step, fraction))

    def rewind(self, workflow_id: str, step: int) -> None:
        """Run a workflow that has ended again, from its `step`-th step (from 1) on; older code's from its first."""
        status = _status(workflow_id)
        ran = "" if status is None else status.app_version or ""
        start = step if ran.rpartition("-")[2] == _VERSION else 1
        DBOS.rewind_workflow(
            workflow_id,
            start_step=start,
            application_version=_version(self._name),
            queue_name=queue_of(workflow_id) if self._shared else None,
        )

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

    def _close(self, job_id: str) -> None:
        """Take the place of the workflow that would follow the signature; whichever of the two came first stands."""
        with SetWorkflowID(job_id + PUBLISHING), SetEnqueueOptions(delay_seconds=_NEVER):
            DBOS.enqueue_workflow(_CLOSED, _closed)
        if _is_closed(job_id + PUBLISHING):
            DBOS.cancel_workflow(job_id + PUBLISHING)

    def _membership(self, queues: Collection[str] | None) -> Member:
        if self._shared:
            return Crew(self.services.store, self._name, QUEUES if queues is None else queues)
        if queues is not None:
            raise InputError(
                "workers-need-postgres",
                "over SQLite one process does all the work",
                "set COLOPHON_DATABASE_URL to a PostgreSQL database, or leave the work to the service",
            )
        return Alone(self.services.settings.home / f"workflows-{self._name}.lock", self._name)

    @contextmanager
    def _alone(self, what: str) -> Iterator[None]:
        """No other process over the same database is in such a block."""
        with self.services.store.exclusively(what) if self._shared else nullcontext():
            yield

    def require_running(self) -> None:
        """Let a step begin unless the engine stops."""
        self._member.await_lease(self._stopping)
        if self._stopping.is_set():
            raise _Stopping

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
        engine().require_running()
        engine().count(1)
        try:
            with span(name, workflow=DBOS.workflow_id or ""):
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


@DBOS.workflow(name=_CLOSED)
def _closed() -> None:
    """Stands where a registration's second workflow would, once its owner has given it up; never runs."""


def _is_closed(workflow_id: str) -> bool:
    status = _status(workflow_id)
    return status is not None and status.name == _CLOSED


def _fraction(status: WorkflowStatus, done: list[str]) -> float:
    """How far the running step of a generation is."""
    if status.name != "generation" or status.status != WorkflowStatusString.PENDING.value:
        return 0.0
    step, fraction = DBOS.get_all_events(status.workflow_id).get(_FRACTION, ("", 0.0))
    return 0.0 if step in done else float(fraction)


def _is_due(seen: dict[str, float], job_id: str, every: float) -> bool:
    """Whether something was not done for a job for some seconds, and is now."""
    now = time.monotonic()
    if now - seen.get(job_id, -every) < every:
        return False
    for ended in [each for each, then in seen.items() if now - then > _FORGOTTEN]:
        del seen[ended]
    seen[job_id] = now
    return True


def _config(services: Services, name: str, executor: str) -> DBOSConfig:
    url = services.settings.database_url
    journal = services.settings.home / f"workflows-{name}.db"
    return DBOSConfig(
        name="colophon",
        system_database_url=f"sqlite:///{journal}" if url.startswith("sqlite") else url,
        dbos_system_schema=services.store.schema or "dbos",
        sys_db_pool_size=_CONNECTIONS,
        executor_id=executor,
        # Processes of different names may share one PostgreSQL journal; each continues its own work only.
        application_version=_version(name),
        # Its log repeats every error of a step with a traceback; ours tells them once.
        log_level="CRITICAL",
        notification_listener_polling_interval_sec=_POLL,
    )
