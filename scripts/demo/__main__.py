"""Runs the demo on a stack of its own: `python -m scripts.demo`. Exit 0 when all four checks hold."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from offchain.errors import ColophonError
from scripts.demo.checks import Check, run_checks
from scripts.demo.people import Service
from scripts.demo.report import show_checks, show_tables
from scripts.demo.story import Story, tell
from scripts.processes import terminated_like_interrupted
from scripts.stack import Ports, Stack, local_stack


def main() -> int:
    """Play, check, report; the exit status."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    started = time.monotonic()
    try:
        with terminated_like_interrupted(), tempfile.TemporaryDirectory(prefix="colophon-demo-") as folder:
            checks = _play(console, Path(folder))
    except ColophonError as error:
        console.print(f"[red]error:[/] {error.message} ({error.code})\n  remedy  {error.remedy}", highlight=False)
        for name, value in error.facts.items():
            console.print(f"  {name}  {value}", highlight=False, markup=False)
        return error.exit_code
    except KeyboardInterrupt:
        console.print("interrupted; everything that was started has ended")
        return 130
    passed = all(check.passed for check in checks)
    console.print(f"\n{'all four checks hold' if passed else 'a check failed'}; {time.monotonic() - started:.0f} s")
    return 0 if passed else 1


def _play(console: Console, folder: Path) -> list[Check]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=1.0)

        def say(sentence: str) -> None:
            progress.console.print(f"• {sentence}", highlight=False)

        def show(step: str, done: float) -> None:
            progress.update(bar, description=step, completed=done)

        with local_stack(folder, Ports(), say) as stack:
            service = Service(stack.api_url, stack.rpc_url, show)
            try:
                return _told(console, service, stack, folder, tell(service, folder, say))
            finally:
                service.close()


def _told(console: Console, service: Service, stack: Stack, folder: Path, story: Story) -> list[Check]:
    checks = run_checks(service, stack, story, folder)
    show_tables(console, service, story)
    show_checks(console, checks)
    return checks


if __name__ == "__main__":
    sys.exit(main())
