"""Jobs: durable workflows as their owners see them.

A job is one or two workflows of the engine. A registration has two, because between them it waits for a signature,
maybe for days, and a waiting workflow would hold a thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from dbos import WorkflowStatus, WorkflowStatusString

from offchain.chain import Call
from offchain.errors import ColophonError, NotFoundError, RefusedError, UnavailableError
from offchain.store import PostponedRecord
from offchain.workflows.requests import GenerationRequest, RegistrationRequest

__all__ = ["ACTIVE", "KINDS", "PUBLISHING", "STEPS", "Draft", "Job", "Kind", "State", "Step", "Waiting", "WalletCall"]
__all__ += ["cancelled", "finished", "fold_job", "kind_of", "outdated", "unknown_job"]

Kind = Literal["registration", "purchase", "generation"]
State = Literal["running", "awaiting-signature", "done", "failed", "waiting", "interrupted", "cancelled"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

PUBLISHING: Final = ".publish"
"""Ends the id of the workflow that follows a registration's signature."""

STEPS: Final = MappingProxyType(
    {
        "registration": ("check", "preview", "seal", "provenance", "metadata", "draft"),
        "registration" + PUBLISHING: ("commit", "pin", "register", "index"),
        "purchase": ("fulfil", "index"),
    }
)
"""Steps of each workflow, in order; those of a generation depend on how much it makes."""

ACTIVE: Final = frozenset(
    {WorkflowStatusString.PENDING.value, WorkflowStatusString.ENQUEUED.value, WorkflowStatusString.DELAYED.value}
)
"""What the journal calls workflows that have not ended."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a job."""

    name: str
    state: Literal["done", "running", "pending"]


@dataclass(frozen=True, slots=True)
class WalletCall:
    """A transaction that an account's own wallet sends.

    Attributes:
        step: of the job, which is done once the chain has the transaction.
        chain_id: of the chain that it is for.
        sender: the account.
        call: where it goes, with what data and how many wei.
    """

    step: str
    chain_id: int
    sender: str
    call: Call


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands.

    Attributes:
        id: names it for ever; the same request gives the same id.
        kind: what it does.
        state: `waiting` means that it goes on by itself when the trouble that `error` tells has passed, `interrupted`
            that a node was away, `cancelled` that somebody stopped it: it continues by `Engine.retry`, or when started
            again.
        steps: all of them, in order.
        progress: 0 to 1.
        result: what came out, when done.
        error: why it waits, failed or was interrupted.
        typed: what the registrant signs (EIP-712), while it awaits that signature.
        similar: registered works that the file is similar to: a warning, told before anything is signed.
        calls: what the registrant's own wallet sends, in order, while the job awaits it.
        owner: account that it belongs to; None for a purchase, whose order anybody reads on the chain, and for what
            the operator's own command line began.
        again_at: Unix seconds at which it is tried again, while it is waiting.
    """

    id: str
    kind: Kind
    state: State
    steps: tuple[Step, ...]
    progress: float
    result: dict[str, Any] | None = None
    error: ColophonError | None = None
    typed: dict[str, Any] | None = None
    similar: Sequence[dict[str, Any]] = ()
    owner: str | None = None
    calls: Sequence[WalletCall] = ()
    again_at: int | None = None

    def require_readable(self, account: str | None) -> None:
        """Let an account at its own jobs, and anybody at purchases.

        Raises:
            NotFoundError: `unknown-job`; nobody learns that somebody else has it.
        """
        if self.kind != "purchase" and (self.owner is None or self.owner != account):
            raise unknown_job(self.id)


class Draft(dict[str, Any]):
    """What a first workflow ends with when a signature must follow: `typed` beside all that the second one needs.

    Where the registrant's own wallet sends the transactions, `calls` holds them, and `typed` is None.
    """


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a second workflow ends with that must run `steps` once the chain has what it lacks: its last ones."""

    steps: tuple[str, ...]


def kind_of(job_id: str) -> Kind:
    """The kind that a job's id begins with.

    Raises:
        NotFoundError: `unknown-job`.
    """
    match job_id.partition("-")[0]:
        case "registration":
            return "registration"
        case "purchase":
            return "purchase"
        case "generation":
            return "generation"
    raise unknown_job(job_id)


def unknown_job(job_id: str) -> NotFoundError:
    """The error for an id that no job has; to be raised by the caller."""
    return NotFoundError("unknown-job", "there is no such job here", "check the id", job=job_id)


def cancelled(job_id: str) -> RefusedError:
    """The error of a job that was cancelled; to be raised by what runs it."""
    return RefusedError("job-cancelled", "the job was cancelled", "ask for it again to go on with it", job=job_id)


def outdated(job_id: str) -> RefusedError:
    """The error of a generation whose request an earlier version wrote down; to be raised by what runs it."""
    return RefusedError(
        "generation-outdated", "an earlier version took this request, and did not end it", "ask for it anew", job=job_id
    )


def finished(job: Job) -> dict[str, Any]:
    """The result of a job that is done.

    Raises:
        ColophonError: why it failed or was interrupted, or `job-unfinished`.
    """
    if job.error is not None:
        raise job.error
    if job.result is None:
        raise RefusedError("job-unfinished", f"the job is {job.state}", "wait until it is done", job=job.id)
    return job.result


def fold_job(
    job_id: str,
    statuses: Sequence[WorkflowStatus],
    done: Sequence[Sequence[str]],
    fraction: float = 0.0,
    postponed: PostponedRecord | None = None,
) -> Job:
    """Put a job together.

    Args:
        job_id: its id.
        statuses: of its workflows so far, at least one.
        done: names of the finished steps of each.
        fraction: how far the running step is, 0 to 1.
        postponed: when the last of them is tried again, where it is.
    """
    kind = kind_of(job_id)
    names = _step_names(kind, statuses[0])
    output = statuses[-1].output
    again = output.steps if isinstance(output, Waiting) else ()
    ended = {name for workflow in done for name in workflow}.difference(again)
    state, error = ("running", None) if again else _state(statuses[-1], postponed)
    draft = output if isinstance(output, Draft) else None
    share = 1.0 if state == "done" and draft is None else (len(ended) + fraction) / len(names)
    return Job(
        id=job_id,
        kind=kind,
        state="awaiting-signature" if draft is not None else state,
        steps=_steps(names, ended, running=state == "running"),
        progress=round(min(share, 1.0), 4),
        result=None if draft is not None or again else _public(kind, output),
        error=error,
        typed=draft["typed"] if draft is not None else None,
        similar=_similar(statuses[0].output),
        owner=_owner(statuses[0]),
        calls=_calls(statuses[0].output) if draft is not None or state == "running" else (),
        again_at=postponed.due if postponed is not None and state == "waiting" else None,
    )


def _step_names(kind: Kind, status: WorkflowStatus) -> tuple[str, ...]:
    if kind in STEPS:
        return (*STEPS[kind], *STEPS.get(kind + PUBLISHING, ()))
    asked = _asked(status)
    return ("generate",) if asked is None else tuple(asked.parts)


def _asked(status: WorkflowStatus) -> GenerationRequest | None:
    """What a generation shall make; None where an earlier version wrote it down."""
    asked = _argument(status)
    return asked if isinstance(asked, GenerationRequest) else None


def _owner(status: WorkflowStatus) -> str | None:
    asked = _argument(status)
    request = asked if isinstance(asked, GenerationRequest) else getattr(asked, "request", None)
    match request:
        case GenerationRequest():
            return request.account
        case RegistrationRequest():
            return request.registrant
    return None


def _argument(status: WorkflowStatus) -> object:
    """What a workflow was begun with first."""
    told: object = status.input  # the journal's own text where its classes are gone
    arguments = told.get("args") if isinstance(told, dict) else None
    return arguments[0] if arguments else None


def _public(kind: Kind, output: dict[str, Any] | None) -> dict[str, Any] | None:
    """Results of generations stay for ever; earlier versions told the text itself in them."""
    if kind != "generation" or output is None:
        return output
    return {name: value for name, value in output.items() if name != "text"}


def _similar(output: object) -> Sequence[dict[str, Any]]:
    return output.get("similar", ()) if isinstance(output, Draft) else ()


def _calls(output: object) -> Sequence[WalletCall]:
    return output.get("calls", ()) if isinstance(output, Draft) else ()


def _state(status: WorkflowStatus, postponed: PostponedRecord | None) -> tuple[State, ColophonError | None]:
    if status.status == WorkflowStatusString.SUCCESS.value:
        return "done", None
    if status.status in ACTIVE:
        return "running", None
    if status.status == WorkflowStatusString.CANCELLED.value:
        return "cancelled", cancelled(status.workflow_id)
    if isinstance(status.error, UnavailableError):
        if postponed is None:
            return "interrupted", status.error
        return ("cancelled", cancelled(status.workflow_id)) if postponed.cancelled else ("waiting", status.error)
    return "failed", status.error if isinstance(status.error, ColophonError) else _unforeseen(status)


def _unforeseen(status: WorkflowStatus) -> ColophonError:
    if kind_of(status.workflow_id) == "generation" and _asked(status) is None:
        return outdated(status.workflow_id)
    return ColophonError(
        "internal-error",
        "the job stopped for a reason that nobody foresaw",
        "report the job's id",
        job=status.workflow_id,
    )


def _steps(names: Sequence[str], done: set[str], *, running: bool) -> tuple[Step, ...]:
    current = next((name for name in names if name not in done), None) if running else None
    return tuple(Step(name, "done" if name in done else "running" if name == current else "pending") for name in names)
