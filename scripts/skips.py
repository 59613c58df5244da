"""A pytest plugin, `-p scripts.skips`: a test that was skipped for no accepted reason fails the run."""

from __future__ import annotations

from typing import Final

import pytest

__all__ = ["ACCEPTED", "pytest_sessionfinish", "pytest_terminal_summary", "unexpected"]

ACCEPTED: Final = (
    "COLOPHON_TEST_POSTGRES_URL is not set",
    "Anvil is not installed",
    "Redis is not installed",
    "curl is not installed",
)
"""Reasons that a machine may give: what it lacks is optional and named by `make doctor`."""


def unexpected(reasons: list[str]) -> list[str]:
    """The reasons that are not accepted."""
    return [reason for reason in reasons if not reason.removeprefix("Skipped: ").startswith(ACCEPTED)]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a passed run with an unexpected skip into a failed one."""
    if session.exitstatus == pytest.ExitCode.OK and unexpected(_reasons(session.config)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name them above pytest's closing lines."""
    for reason in unexpected(_reasons(terminalreporter.config)):
        terminalreporter.write_line(f"unexpected skip: {reason}", red=True)


def _reasons(config: pytest.Config) -> list[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("skipped", []) if reporter is not None else []
    return [report.longrepr[2] for report in reports if isinstance(report.longrepr, tuple)]
