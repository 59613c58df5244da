"""The program `colophon`: its commands, how it fails, and its exit codes.

Exit codes: 0 done, 1 not verified or unforeseen, 2 wrong input or usage, 3 not found, 4 refused by a rule, 5 denied,
6 a node or service is away, 130 interrupted.
"""

from __future__ import annotations

import sys
from typing import Final

import typer

from offchain import __version__
from offchain.cli import (
    attributing,
    backing,
    buying,
    certificates,
    detecting,
    earnings,
    epochs,
    examining,
    generating,
    graph,
    indexing,
    jobs,
    prices,
    recognition,
    registering,
    reproducing,
    sales,
    serving,
    storage,
    takedowns,
    training,
    training_sets,
    unsealing,
    verifying,
    watching,
    working,
)
from offchain.cli.output import claim_stdout, fail
from offchain.errors import ColophonError, InputError

__all__ = ["app", "main"]

_INTERRUPTED: Final = 130

_ABOUT: Final = """\
Register works, sell licences, and pay every rights holder.

Settings come from COLOPHON_* variables (each also as COLOPHON_*_FILE); where they are silent, from the stack that
make up runs. A registration proves priority and integrity, not authorship.
"""

app = typer.Typer(
    name="colophon",
    help=_ABOUT,
    rich_markup_mode=None,  # importing rich takes longer than everything else that --help needs
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    registering.register,
    recognition.fingerprint,
    recognition.search,
    verifying.verify,
    watching.watch,
    watching.cases,
    reproducing.reproduce,
    reproducing.replay,
    detecting.detect,
    training.train,
    attributing.attribute,
    graph.graph,
    prices.price,
    sales.quote,
    unsealing.seal,
    buying.buy,
    earnings.statement,
    earnings.claim,
    certificates.certificate,
    jobs.jobs,
    serving.serve,
    working.worker,
    backing.backup,
    backing.restore,
    examining.check,
    examining.doctor,
):
    app.command()(command)
app.command("open")(unsealing.open_work)
app.add_typer(generating.generate, name="generate")
app.add_typer(training_sets.training_sets, name="training-set")
app.add_typer(unsealing.keys, name="keys")
app.add_typer(storage.storage, name="storage")
app.add_typer(indexing.index, name="index")
app.add_typer(epochs.epochs, name="epochs")
app.add_typer(takedowns.takedown, name="takedown")


@app.callback(invoke_without_command=True)
def _program(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and exit.", is_eager=True),
) -> None:
    if version:
        print(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(InputError.exit_code)


def main() -> None:
    """Run one command and exit."""
    claim_stdout()
    as_json = "--json" in sys.argv[1:]
    try:
        status = app(standalone_mode=False)
    except ColophonError as error:
        fail(error, as_json=as_json)
        status = error.exit_code
    except typer.TyperException as error:
        fail(_usage(error), as_json=as_json)
        status = InputError.exit_code
    except typer.Abort:
        status = _INTERRUPTED
    if status == _INTERRUPTED:
        print("interrupted; the same command again goes on where this one stopped", file=sys.stderr)
    sys.exit(status)


def _usage(error: typer.TyperException) -> InputError:
    return InputError("usage", error.format_message().rstrip("."), "see colophon --help, or colophon COMMAND --help")
