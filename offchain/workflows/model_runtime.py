"""Where this process runs its models, and with whose watermark."""

from __future__ import annotations

from offchain.config import Settings
from offchain.generation import Runtime
from offchain.generation.text.watermark import creator_mark
from offchain.workflows.marking import kept_mark_key, mark_key

__all__ = ["model_runtime"]


def model_runtime(settings: Settings, creator: str | None = None, *, proving: bool = False) -> Runtime:
    """The runtime of the settings.

    Args:
        settings: of this process.
        creator: account whose watermark texts carry, by the key that this service's other marks have; None for none.
        proving: whether the texts exist already, so that a key that this home lacks is an error and is not made.

    Raises:
        InputError: `account-malformed`, `mark-key-malformed`, or `mark-key-missing` where `proving`.
        UnavailableError: `disk-failed`.
    """
    read = kept_mark_key if proving else mark_key
    mark = None if creator is None else creator_mark(read(settings), creator)
    return Runtime(settings.model_path, settings.torch_threads, dtype=settings.text_dtype, mark=mark)
