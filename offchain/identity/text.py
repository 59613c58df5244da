"""Text: strict decoding, and the 256-bit Text-Code of ISO 24138 where there is enough of it.

The Text-Code's own pre-processing drops case, white space and punctuation (with it most of Markdown's marks), so the
text goes in as it stands.
"""

from __future__ import annotations

from typing import Final

import iscc_lib

from offchain.errors import InputError

__all__ = ["MIN_CHARACTERS", "decode_text", "text_code"]

MIN_CHARACTERS: Final = 160
"""Characters, counted after the Text-Code's pre-processing, below which a text has no fingerprint."""


def decode_text(data: bytes) -> str:
    """Read the bytes of a text file; a byte order mark is dropped.

    Raises:
        InputError: `text-malformed`, naming the first offending byte.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _malformed(f"byte {error.start} is not valid UTF-8") from error
    if "\x00" in text:
        raise _malformed(f"byte {data.index(0)} is NUL")
    return text


def text_code(text: str) -> str | None:
    """The 256-bit Text-Code (ISO 24138) as an `ISCC:` string, or None for a text too short to tell apart."""
    code = iscc_lib.gen_text_code_v0(text, bits=256)
    return str(code.iscc) if code.characters >= MIN_CHARACTERS else None


def _malformed(what: str) -> InputError:
    return InputError(
        "text-malformed", f"this is neither a supported image nor UTF-8 text: {what}", "save the text as UTF-8"
    )
