"""`colophon detect`: whether a text carries a creator's watermark."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from offchain.cli.generated import read_file
from offchain.cli.model_options import Model
from offchain.cli.options import AsJson
from offchain.cli.output import aligned, show
from offchain.errors import InputError

__all__ = ["detect"]

_NOT_FOUND = 1


def detect(
    file: Annotated[Path, typer.Argument(help="A text, UTF-8.")],
    creator: Annotated[str, typer.Option(help="Account whose mark is looked for.", metavar="ACCOUNT")],
    model: Model = None,
    as_json: AsJson = False,
) -> int:
    """Look for a creator's watermark in a text.

    It reads the text alone, without prompt or record; the mark survives some editing. It tells whose model run a text
    comes from, not that nobody changed it. Of the model that wrote it, the tokenizer alone is read. Exits with 0 when
    it is found, and with 1 when not.
    """
    from offchain.config import load_settings, model_location
    from offchain.generation.text import creator_mark
    from offchain.generation.text import detect as look
    from offchain.generation.text.hub import tokenizer_file
    from offchain.workflows.marking import kept_mark_key

    try:
        text = read_file(file).decode()
    except UnicodeDecodeError as error:
        raise InputError("text-malformed", f"{file} is not UTF-8", "save it as UTF-8 text") from error
    settings = load_settings()
    path = settings.model_path if model is None else model_location(model)
    found = look(text, creator_mark(kept_mark_key(settings), creator), tokenizer_file(path))
    document = {
        "verdict": "marked" if found.found else "unmarked",
        "creator": creator,
        "z": round(found.z, 2),
        "chance": found.chance,
        "tokens": found.tokens,
    }
    rows = [
        ("verdict", "marked with this creator's key" if found.found else "no mark of this creator's key found"),
        ("score", f"z {found.z:.2f} over {found.tokens} tokens; by chance at most {found.chance:.1e}"),
    ]
    show(document, aligned(rows), as_json=as_json)
    return 0 if found.found else _NOT_FOUND
