"""Where a model runs: device, numbers, CPU threads, and how its progress is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from offchain.errors import InputError

if TYPE_CHECKING:
    from offchain.generation.text.watermark import TextMark

__all__ = ["Progress", "Runtime", "chosen_device", "device_section", "memory_checked", "torch_threads", "where_it_fits"]

_Made = TypeVar("_Made")

Progress: TypeAlias = Callable[[int, int], None]
"""Called after every token, frame or layer with (done, most there can be). What it raises cancels the generation."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Where a model is and what it may use.

    Attributes:
        model_path: folder of the language model, or its hub id; music and images have their weights in the package.
        threads: CPU threads; 1 is fastest per CPU second.
        device: `cpu` or `cuda`; None takes a GPU where there is one, and the CPU where the GPU's memory is too small.
        dtype: numbers that a language model is run in, `float32`, `bfloat16` or `int8`; None for float32.
        mark: watermark of the creator whose texts are made; None for texts without one.
    """

    model_path: Path
    threads: int = 1
    device: str | None = None
    dtype: str | None = None
    mark: TextMark | None = None


def chosen_device(runtime: Runtime) -> str:
    """The device to run on, `cpu` or `cuda`.

    Raises:
        InputError: `device-missing`: a device that this machine lacks.
    """
    import torch

    device = runtime.device or ("cuda" if torch.cuda.is_available() else "cpu")
    if device != "cpu" and not (device == "cuda" and torch.cuda.is_available()):
        raise InputError("device-missing", f"torch finds no device {device} on this machine", "choose the device cpu")
    return device


@contextmanager
def memory_checked(what: str) -> Iterator[None]:
    """Turn a GPU's lack of memory into an error that says what would fit.

    Raises:
        InputError: `memory-short`, with the GPU's free and whole memory in MB.
    """
    import torch

    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        free, whole = (size // 10**6 for size in torch.cuda.mem_get_info())
        raise InputError(
            "memory-short",
            f"{what} do not fit into the GPU's memory: {free} of {whole} MB are free",
            "choose the device cpu, bfloat16 (half the memory), a smaller batch or model, or fewer tokens",
            free=free,
            whole=whole,
        ) from error


def where_it_fits(runtime: Runtime, make: Callable[[Runtime], _Made]) -> _Made:
    """Make on the device chosen; on the CPU where nobody asked for the GPU and its memory is too small.

    Raises:
        InputError: `memory-short`, where the GPU was asked for; else as `make`.
    """
    try:
        return make(runtime)
    except InputError as error:
        if error.code != "memory-short" or runtime.device is not None:
            raise
    return make(replace(runtime, device="cpu"))


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Let torch use `count` CPU threads for a while; the setting is the whole process's."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def device_section(device: str, threads: int) -> dict[str, object]:
    """What a record says of the device `cpu` or `cuda`: the GPU's name, or instruction set and threads."""
    import torch

    if device == "cuda":
        return {"kind": "cuda", "name": torch.cuda.get_device_name()}
    return {"kind": "cpu", "isa": torch.backends.cpu.get_cpu_capability(), "threads": threads}
