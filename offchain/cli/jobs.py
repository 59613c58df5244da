"""`colophon jobs`: how a registration or purchase of this account stands, and going on with an interrupted one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from offchain.cli.keys import Key
from offchain.cli.opening import finish, job_session
from offchain.cli.options import Account, AsJson, Keystore, PasswordFile
from offchain.cli.output import aligned, problem, show

if TYPE_CHECKING:
    from offchain.workflows.jobs import Job

__all__ = ["jobs"]


def jobs(
    job: Annotated[str, typer.Argument(help="Id of a job, as an error or the journal names it.")],
    retry: Annotated[bool, typer.Option("--retry", help="Go on with it and wait for its end.")] = False,
    account: Account = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Show a job of yours, or go on with it.

    Running the command that began it again does the same as --retry; but colophon buy with --tier asks for a new quote
    and buys again.
    """
    with job_session(Key(account, keystore, password_file)) as (session, engine):
        if retry:
            finish(session, engine, engine.retry(job), job)
        found = engine.job(job)
    document = _job_json(found)
    show(document, aligned(_rows(found)), as_json=as_json)


def _job_json(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "progress": job.progress,
        "steps": [{"name": step.name, "state": step.state} for step in job.steps],
        "result": job.result,
        "error": None if job.error is None else problem(job.error),
    }


def _rows(job: Job) -> list[tuple[str, str]]:
    rows = [("job", job.id), ("state", job.state)]
    rows.append(("steps", "\n".join(f"{step.name}: {step.state}" for step in job.steps)))
    if job.error is not None:
        rows.append(("why", f"{job.error.message} ({job.error.code})"))
    if job.result is not None:
        rows += [(name, str(value)) for name, value in job.result.items() if isinstance(value, (str, int))]
    return rows
