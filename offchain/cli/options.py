"""Options that several commands share, with one wording each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

__all__ = ["Account", "AsJson", "DryRun", "Keystore", "OptionalCurrency", "PasswordFile", "Segment"]

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]

DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Tell what it would cost and who would receive it; send nothing.")
]

Account: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--as", min=0, max=19, metavar="N", help="Sign as account N of the public test mnemonic; local chains only."
    ),
]

Keystore: TypeAlias = Annotated[
    Path | None,
    typer.Option("--keystore", envvar="COLOPHON_KEYSTORE", help="Sign with the key in this keystore (version 3)."),
]

PasswordFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        envvar="COLOPHON_KEYSTORE_PASSWORD_FILE",
        help="File that holds the keystore's password; without it you are asked.",
    ),
]

OptionalCurrency: TypeAlias = Annotated[
    str | None, typer.Option("--currency", metavar="CAIP-19", help="Currency; the ledger's first token by default.")
]

Segment: TypeAlias = Annotated[str, typer.Option("--segment", help="Who buys: individual or organisation.")]
