"""`colophon check` and `colophon doctor`: whether a service with these settings can work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from offchain.cli.opening import quiet_logs
from offchain.cli.options import AsJson
from offchain.cli.output import aligned, show
from offchain.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from offchain.workflows.readiness import Check, Probe

__all__ = ["check", "doctor"]

_PATIENCE: Final = 10.0


def check(as_json: AsJson = False) -> int:
    """Ask whether a service can work now.

    Chain, contracts, database, IPFS nodes and money for gas are asked.

    Made for programs that start or watch a service. Exits with 0 when all is well, else with 6.
    """
    from offchain.config import load_settings
    from offchain.workflows.examining import needs

    return _told(needs(load_settings()), as_json=as_json)


def doctor(as_json: AsJson = False) -> int:
    """Examine a service before its first start.

    What `check` asks, and keys, addresses, home, disk and clock.

    Each line that fails says what to do. Exits with 0 when all is well, else with 6. (make doctor examines the tools
    that Colophon is built with.)
    """
    from offchain.config import load_settings
    from offchain.workflows.examining import examinations

    return _told(examinations(load_settings()), as_json=as_json)


def _told(asked: Mapping[str, Probe], *, as_json: bool) -> int:
    from offchain.workflows.readiness import Readiness

    quiet_logs()
    found = Readiness(asked, _PATIENCE).checks()
    rows = [(f"{'✓' if each.ok else '✗'} {name}", _words(each)) for name, each in found.items()]
    document = {
        "ok": all(each.ok for each in found.values()),
        "checks": {name: {"ok": each.ok, "code": each.code, "detail": each.detail} for name, each in found.items()},
    }
    show(document, aligned(rows), as_json=as_json)
    return 0 if document["ok"] else UnavailableError.exit_code


def _words(found: Check) -> str:
    return found.detail or "" if found.ok else f"{found.detail} ({found.code})"
