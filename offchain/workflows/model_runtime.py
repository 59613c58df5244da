"""Where this process runs its models, and with whose watermark."""

from __future__ import annotations

from offchain.config import Settings
from offchain.generation import Runtime
from offchain.generation.text.watermark import creator_mark
from offchain.workflows.marking import mark_key

__all__ = ["model_runtime"]


def model_runtime(settings: Settings, creator: str | None = None) -> Runtime:
    """The runtime of the settings.

    Args:
        settings: of this process.
        creator: account whose watermark texts carry, by the key that this service's other marks have; None for none.

    Raises:
        InputError: `account-malformed`, or `mark-key-malformed`.
        UnavailableError: `disk-failed`.
    """
    mark = None if creator is None else creator_mark(mark_key(settings), creator)
    return Runtime(settings.model_path, settings.torch_threads, dtype=settings.text_dtype, mark=mark)
