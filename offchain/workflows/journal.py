"""The journal: what DBOS keeps of workflows and their steps, and how the engine opens and reads it."""

from __future__ import annotations

from typing import Final

from dbos import DBOS, DBOSConfig, WorkflowStatus, WorkflowStatusString

from offchain.workflows.services import Services

__all__ = ["CLOSED", "FRACTION", "POLL", "VERSION", "closed", "ended_steps", "fraction_of", "is_closed"]
__all__ += ["is_current", "journal_config", "status_of", "version_of"]

VERSION: Final = "4"
"""Version of the workflows' steps: raise it when unfinished workflows of the old code must begin anew on the new."""

FRACTION: Final = "fraction"
"""Under which a generation tells how far its running step is."""

CLOSED: Final = "registration.closed"

POLL: Final = 0.1
"""Seconds between looks at what changed."""

_CONNECTIONS: Final = 4
"""Most that the journal holds to its database in one process: a server has a hundred by default, for all of them."""


def status_of(workflow_id: str) -> WorkflowStatus | None:
    """How a workflow stands; None where there is none."""
    return DBOS.get_workflow_status(workflow_id)


def ended_steps(workflow_id: str) -> list[str]:
    """Names of the steps that succeeded, in order."""
    return [step["function_name"] for step in DBOS.list_workflow_steps(workflow_id) if step["error"] is None]


def version_of(name: str) -> str:
    """Under which the journal keeps what a process of this name runs."""
    return f"{name}-{VERSION}"


def is_current(status: WorkflowStatus | None) -> bool:
    """Whether a workflow ran the steps of this code, and not of an older one."""
    return status is not None and (status.app_version or "").rpartition("-")[2] == VERSION


@DBOS.workflow(name=CLOSED)
def closed() -> None:
    """Stands where a registration's second workflow would, once its owner has given it up; never runs."""


def is_closed(workflow_id: str) -> bool:
    """Whether a registration's second workflow was given up before it began."""
    status = status_of(workflow_id)
    return status is not None and status.name == CLOSED


def fraction_of(status: WorkflowStatus, done: list[str]) -> float:
    """How far the running step of a generation is."""
    if status.name != "generation" or status.status != WorkflowStatusString.PENDING.value:
        return 0.0
    step, fraction = DBOS.get_all_events(status.workflow_id).get(FRACTION, ("", 0.0))
    return 0.0 if step in done else float(fraction)


def journal_config(services: Services, name: str, executor: str) -> DBOSConfig:
    """Where the journal of a kind of process lies, and how it is opened."""
    url = services.settings.database_url
    journal = services.settings.home / f"workflows-{name}.db"
    return DBOSConfig(
        name="colophon",
        system_database_url=f"sqlite:///{journal}" if url.startswith("sqlite") else url,
        dbos_system_schema=services.store.schema or "dbos",
        sys_db_pool_size=_CONNECTIONS,
        executor_id=executor,
        # Processes of different names may share one PostgreSQL journal; each continues its own work only.
        application_version=version_of(name),
        # Its log repeats every error of a step with a traceback; ours tells them once.
        log_level="CRITICAL",
        notification_listener_polling_interval_sec=POLL,
    )
