"""The engine: runs workflows durably (DBOS) over one process's services.

Every step's result is committed before the next step starts, so a killed process loses at most the step that it was
in; whoever goes on (see `offchain.workflows.crew`) runs that step again. Steps are therefore idempotent, each in its
own way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, ClassVar, Final

from dbos import DBOS, DBOSContextSetAuth, SetEnqueueOptions, SetWorkflowID, WorkflowStatus, WorkflowStatusString

from offchain.errors import InputError, RefusedError, UnavailableError
from offchain.workflows.crew import QUEUES, Alone, Crew, Member, queue_of
from offchain.workflows.jobs import ACTIVE, PUBLISHING, Job, cancelled, fold_job, unknown_job
from offchain.workflows.journal import (
    CLOSED,
    FRACTION,
    POLL,
    closed,
    ended_steps,
    fraction_of,
    is_closed,
    is_current,
    journal_config,
    status_of,
    version_of,
)
from offchain.workflows.pace import Pace
from offchain.workflows.postponing import UNSENT, Postponements
from offchain.workflows.services import Services

__all__ = ["Engine"]

_UNFINISHED: Final = 16
"""Most generations that have not ended: each keeps a thread, and they take turns with the model."""

_DRAIN: Final = 8.0
_LOOK: Final = 0.25
_TELL: Final = 1.0
_LONGEST_POLL: Final = 1.0

_SERVICE: Final = "service"
_NEVER: Final = 100 * 365 * 86_400.0


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
        self._turn = threading.Lock()
        self._postponed = Postponements(services.store)
        self._name = name
        self._shared = name == _SERVICE and services.store.shared
        self._member = self._membership(queues)
        self._looking, self._telling = Pace(_LOOK), Pace(_TELL)
        self._running = 0
        self._counting = threading.Condition()

    def start(self) -> None:
        """Open the journal and continue what an earlier process left unfinished.

        Raises:
            UnavailableError: `workflows-busy`, another process runs under this name; `store-unavailable`.
        """
        self.services.settings.home.mkdir(parents=True, exist_ok=True)
        self._member.join()
        DBOS(config=journal_config(self.services, self._name, self._member.executor))
        DBOS.listen_queues(sorted(self._member.queues or ()))
        Engine.current = self
        with self._alone("open-journal"):
            DBOS.launch()
            self._member.work(version_of(self._name))
            self._begin_older_anew()
        if self._name == _SERVICE:
            self._postponed.hasten(self.services.wall())  # whoever restarts a service has often mended something

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
        statuses = [status for status in map(status_of, ids) if status is not None]
        if not statuses:
            return None
        done = [ended_steps(status.workflow_id) for status in statuses]
        postponed = self._postponed.get(statuses[-1].workflow_id) if _is_away(statuses[-1]) else None
        return fold_job(job_id, statuses, done, fraction_of(statuses[-1], done[-1]), postponed)

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
        """Continue a waiting, interrupted, failed or cancelled job at the step that stopped it; others are left alone.

        Raises:
            NotFoundError: `unknown-job`.
            UnavailableError: `generation-busy`.
        """
        job = self.job(job_id)
        if job.error is not None:
            last = _last(job_id)
            if is_closed(last):
                self.forget(last)
                return self.job(job_id)
            with self._in_turn():
                self._postponed.forget(last)
                self._go_on(last)
        return self.job(job_id)

    def postpone(self, workflow_id: str, step: str, error: UnavailableError) -> None:
        """Write down when a workflow that ends with this error is taken up, where its trouble is one that passes.

        Only the service does that: a command ends with its error, and nobody would take its job up.
        """
        if self._name == _SERVICE:
            self._postponed.add(workflow_id, step, error, self.services.wall())

    def take_up(self) -> None:
        """Go on with every job that was postponed and whose time has come; one that cannot holds up no other."""
        trouble: Exception | None = None
        for workflow_id in self._postponed.due(self.services.wall()):
            try:
                with self._in_turn():
                    self._take_up(workflow_id)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is raised below
                trouble = trouble or error
        if trouble is not None:
            raise trouble

    def cancel(self, job_id: str) -> Job:
        """Stop a generation, or a registration that sends nothing; a job that has ended is left alone.

        A registration sends nothing before it is signed, and while it waits for money, fees or an IPFS node.

        Whichever process runs it notices within a second, and the job keeps nothing of the step that it was in.

        Raises:
            NotFoundError: `unknown-job`.
            RefusedError: `not-cancellable`, a job that sends transactions.
        """
        job = self.job(job_id)
        following = job_id + PUBLISHING
        signed = status_of(following) is not None and not is_closed(following)
        unsent = job.state == "waiting" and job.error is not None and job.error.code in UNSENT
        sending = signed and job.state in ("running", "waiting") and not unsent
        if job.kind not in ("generation", "registration") or sending:
            raise RefusedError(
                "not-cancellable", f"this {job.kind} cannot be cancelled", "do not sign it, or let it end", job=job_id
            )
        if job.state == "awaiting-signature" or is_closed(following):
            self._close(job_id)
        elif job.state == "running":
            DBOS.cancel_workflow(job_id)
        elif job.state == "waiting" and not self._give_up(_last(job_id)):
            return self.cancel(job_id)  # it was taken up meanwhile
        return self.job(job_id)

    def require_wanted(self, job_id: str) -> None:
        """Let a running step go on unless its job was cancelled or went to another process, or the engine stops.

        Raises:
            RefusedError: `job-cancelled`.
        """
        if self._stopping.is_set():
            raise _Stopping
        if not self._looking.is_due(job_id):
            return
        status = status_of(job_id)
        here = status is not None and status.executor_id == self._member.executor
        if status is None or not here or status.status != WorkflowStatusString.PENDING.value:
            raise cancelled(job_id)

    def tell(self, job_id: str, step: str, fraction: float) -> None:
        """Let every process see how far a job's running step is, 0 to 1; what comes within a second is not told."""
        if self._telling.is_due(job_id):
            DBOS.set_event(FRACTION, (step, fraction))

    def rewind(self, workflow_id: str, step: int) -> None:
        """Run a workflow that has ended again, from its `step`-th step (from 1) on; older code's from its first."""
        DBOS.rewind_workflow(
            workflow_id,
            start_step=step if is_current(status_of(workflow_id)) else 1,
            application_version=version_of(self._name),
            queue_name=queue_of(workflow_id) if self._shared else None,
        )

    def forget(self, workflow_id: str) -> bool:
        """Remove a workflow from the journal, so that its id can be used anew; False when there is none."""
        if status_of(workflow_id) is None:
            return False
        DBOS.delete_workflow(workflow_id)
        return True

    def output(self, workflow_id: str) -> Any:  # noqa: ANN401 - each workflow knows its own
        """What a workflow ended with, None while it runs."""
        status = status_of(workflow_id)
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
        deadline, before, pause = time.monotonic() + timeout, None, POLL
        while True:
            job = self.job(job_id)
            pause = POLL if job != before else min(pause * 1.25, _LONGEST_POLL)
            if on_change is not None and job != before:
                on_change(job)
            if job.state != "running":
                return job
            if time.monotonic() > deadline:
                raise UnavailableError(
                    "job-slow", f"the job still runs after {timeout:g} s", "look again later", job=job_id
                )
            before = job
            time.sleep(pause)

    def _take_up(self, workflow_id: str) -> None:
        """Run it again, unless somebody was faster; what no trouble holds up any more is forgotten."""
        status = status_of(workflow_id)
        if status is not None and status.status in ACTIVE:
            return
        if status is None or not _is_away(status):
            self._postponed.forget(workflow_id)
        elif workflow_id in self._postponed.due(self.services.wall()):
            with suppress(UnavailableError):  # generations that have not ended take turns
                self._go_on(workflow_id)

    def _go_on(self, workflow_id: str) -> None:
        """Run a workflow that has ended again, from the step that stopped it."""
        status = status_of(workflow_id)
        if status is None or status.status in ACTIVE:
            return
        with self.room_for_generation() if status.name == "generation" else nullcontext():
            self.rewind(workflow_id, len(ended_steps(workflow_id)) + 1)

    def _give_up(self, workflow_id: str) -> bool:
        """Take up no more what was postponed; False where it runs again already."""
        with self._in_turn():
            status = status_of(workflow_id)
            if status is not None and status.status in ACTIVE:
                return False
            self._postponed.cancel(workflow_id)
            return True

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Nobody else takes jobs up in such a block."""
        with self._turn, self._alone("postponed"):
            yield

    def _begin_older_anew(self) -> None:
        """No process would ever continue workflows of an older version; their steps repeat without harm."""
        for status in DBOS.list_workflows(status=list(ACTIVE), load_input=False, load_output=False):
            older = status.app_version or ""
            if older != version_of(self._name) and older.rpartition("-")[0] == self._name:
                DBOS.cancel_workflow(status.workflow_id)
                self.rewind(status.workflow_id, 1)

    def _close(self, job_id: str) -> None:
        """Take the place of the workflow that would follow the signature; whichever of the two came first stands."""
        with SetWorkflowID(job_id + PUBLISHING), SetEnqueueOptions(delay_seconds=_NEVER):
            DBOS.enqueue_workflow(CLOSED, closed)
        if is_closed(job_id + PUBLISHING):
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


def _last(job_id: str) -> str:
    """The newest workflow of a job."""
    return job_id + PUBLISHING if status_of(job_id + PUBLISHING) else job_id


def _is_away(status: WorkflowStatus) -> bool:
    """Whether a workflow ended because something was away."""
    return isinstance(status.error, UnavailableError)
