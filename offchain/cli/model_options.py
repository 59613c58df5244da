"""Where a command runs its models: settings, and what its options say instead."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from offchain.generation import Runtime

__all__ = ["Device", "Dtype", "MarkFor", "Model", "runtime_of"]

Model: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="PATH|HUB_ID", help="Another language model: its folder, or its id on the hub."),
]
Device: TypeAlias = Annotated[str | None, typer.Option(help="cpu or cuda; a GPU where there is one.")]
Dtype: TypeAlias = Annotated[
    str | None, typer.Option(help="Numbers that a language model is run in: float32, bfloat16 or int8.")
]
MarkFor: TypeAlias = Annotated[
    str | None, typer.Option(metavar="ACCOUNT", help="Creator whose watermark the text carries, by this home's key.")
]


def runtime_of(
    model: str | None = None,
    device: str | None = None,
    dtype: str | None = None,
    mark_for: str | None = None,
    *,
    proving: bool = False,
) -> Runtime:
    """The runtime of the settings, with what is not None instead; `proving` makes no mark key where there is none.

    Raises:
        InputError: as `offchain.workflows.model_runtime.model_runtime`.
    """
    from offchain.config import load_settings, model_location
    from offchain.generation import Runtime

    settings = load_settings()
    if mark_for is None:
        runtime = Runtime(settings.model_path, settings.torch_threads, dtype=settings.text_dtype)
    else:
        from offchain.workflows.model_runtime import model_runtime  # the library that signs comes with it

        runtime = model_runtime(settings, mark_for, proving=proving)
    path = runtime.model_path if model is None else model_location(model)
    return replace(runtime, model_path=path, device=device, dtype=dtype or runtime.dtype)
