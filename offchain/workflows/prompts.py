"""Prompts in records: told to everybody, to one age recipient alone, or to nobody.

A record always has the prompt's sha256, which whoever guesses the prompt can confirm: a short prompt is no secret.
"""

from __future__ import annotations

from typing import Any, Final

from offchain.errors import DeniedError, InputError, RefusedError
from offchain.generation import Record, canonical, disclose
from offchain.storage.age import normal_recipient, unwrap_key, wrap_key

__all__ = ["decrypted", "encrypted", "require_one_way", "require_same_but_prompt", "shown"]

_SCHEME: Final = "age"
_TOLD: Final = ("text", "encrypted")
"""Where the prompt stands in a record, which its maker may tell or keep."""


def require_one_way(*, disclosed: bool, recipient: str | None) -> None:
    """Accept a prompt that is told to everybody, or to a recipient, or not at all.

    Raises:
        InputError: `prompt-shown-twice`.
    """
    if disclosed and recipient is not None:
        raise InputError(
            "prompt-shown-twice", "a disclosed prompt needs no encryption", "choose one: disclose it, or encrypt it"
        )


def shown(record: Record, prompt: str, *, disclosed: bool, recipient: str | None) -> Record:
    """The record with its prompt told as wished.

    Raises:
        InputError: `prompt-shown-twice`, or `recipient-malformed`.
    """
    require_one_way(disclosed=disclosed, recipient=recipient)
    if recipient is not None:
        return encrypted(record, prompt, recipient)
    return disclose(record, prompt) if disclosed else record


def encrypted(record: Record, prompt: str, recipient: str) -> Record:
    """A copy of the record that carries the prompt as an armored age file (age-encryption.org/v1).

    Encrypting is randomised: doing it again gives another record, of another digest.

    Args:
        record: of a work that this prompt made.
        prompt: to be encrypted.
        recipient: X25519, `age1…`.

    Raises:
        InputError: `recipient-malformed`.
        RefusedError: `provenance-mismatch`: the record is of another prompt.
    """
    disclose(record, prompt)  # refuses another prompt
    sealed = {
        "scheme": _SCHEME,
        "recipient": normal_recipient(recipient),
        "ciphertext": wrap_key(prompt.encode(), recipient),
    }
    return record | {"prompt": record["prompt"] | {"encrypted": sealed}}


def decrypted(record: Record, identity: str) -> str:
    """The prompt that a record carries for the holder of an age identity.

    Raises:
        InputError: `prompt-not-encrypted`, `identity-malformed`, or `age-malformed`.
        DeniedError: `wrong-recipient`.
        RefusedError: `provenance-mismatch`: what was encrypted is not the prompt that the record names.
    """
    try:
        sealed = record["prompt"]["encrypted"]
        scheme, ciphertext, recipient = sealed["scheme"], str(sealed["ciphertext"]), sealed["recipient"]
        if scheme != _SCHEME:
            raise ValueError(f"sealed by {scheme!r}")
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            "prompt-not-encrypted", "the record carries no prompt that age can open", "give the prompt itself"
        ) from error
    try:
        prompt = unwrap_key(ciphertext, identity).decode()
    except DeniedError as error:
        raise DeniedError(
            "wrong-recipient", "the prompt was encrypted to another age recipient", "use its identity", to=recipient
        ) from error
    except UnicodeDecodeError as error:
        raise InputError("prompt-malformed", "what was encrypted is no text", "give the prompt itself") from error
    disclose(record, prompt)  # refuses another prompt
    return prompt


def require_same_but_prompt(record: Record, given: Record) -> Record:
    """A work's record as its maker gives it: how the prompt is told is his choice, all else stands.

    Args:
        record: as it was made.
        given: by somebody; what it may hold is not known.

    Raises:
        RefusedError: `provenance-mismatch`.
    """
    made, stated = _untold(record), _untold(given)
    # To Python true is 1; in a record they are two.
    same = made == stated and canonical(made) == canonical(stated)
    if not same or not isinstance(text := given["prompt"].get("text", ""), str):
        raise RefusedError(
            "provenance-mismatch",
            "this is not the record of that generation",
            "leave it out, or change nothing of it but how the prompt is told",
        )
    return disclose(given, text) if "text" in given["prompt"] else given


def _untold(record: Record) -> Record:
    prompt: Any = record.get("prompt")
    if not isinstance(prompt, dict):
        return record
    return record | {"prompt": {name: value for name, value in prompt.items() if name not in _TOLD}}
