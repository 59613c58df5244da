"""What belongs to a backup, and under which names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from offchain.chain.deployments import Deployment

__all__ = ["FOLDERS", "JOURNAL", "KEYS", "MADE_ANEW", "SERVICE", "deployment_json", "journal_name"]

SERVICE: Final = "service"

FOLDERS: Final = ("masters", "features", "files", "marks/renditions", "deployments")
"""Of the home. The similarity index is made anew, copies of feeds are fetched again, and the spool is of the moment."""

KEYS: Final = ("content.key", "certificates/key", "marks/key", "marks/authority", "age-identity.txt")
"""Files and folders of the home whose content must stay secret: in a backup only where it is asked for, encrypted."""

JOURNAL: Final = frozenset(
    {
        "workflow_status",
        "workflow_input",
        "workflow_output",
        "operation_outputs",
        "notifications",
        "workflow_events",
        "workflow_events_history",
        "streams",
    }
)
"""Tables of DBOS that say what was done."""

MADE_ANEW: Final = frozenset({"dbos_migrations", "workflow_schedules", "application_versions", "queues"})
"""Tables of DBOS that each start of the service fills."""


def journal_name(member: str) -> str:
    """Of which kind of process a journal file is: `workflows-NAME.db`."""
    return member.removeprefix("workflows-").removesuffix(".db")


def deployment_json(deployment: Deployment) -> Mapping[str, str]:
    """Addresses of the contracts, by which two deployments can be compared."""
    return {name: at.address for name, at in sorted(deployment.contracts.items())}
