"""Checkpoints: all that resuming needs, two generations of it, so that a kill while saving loses nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from offchain.errors import InputError
from offchain.generation.provenance import sha256_text
from offchain.generation.training.durable import replace_file

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Checkpoint", "claim_folder", "latest_checkpoint", "save_checkpoint"]

_KEPT: Final = 2
_IDENTITY: Final = "training-of.json"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A training at rest.

    Attributes:
        step: how many steps are done.
        seconds: CPU seconds that they took.
        state: the trainee's.
    """

    step: int
    seconds: float
    state: dict[str, Tensor]


def claim_folder(folder: Path, identity: Mapping[str, Any]) -> None:
    """Note what is trained in a folder; the same training comes back to it, another one is kept out.

    Args:
        folder: of checkpoints; made where it is missing.
        identity: data, settings and seed, as plain JSON.

    Raises:
        InputError: `training-differs`, with what there is and what is wanted.
    """
    wanted = json.loads(json.dumps(identity))
    try:
        there = json.loads((folder / _IDENTITY).read_bytes())
    except (OSError, ValueError):
        replace_file(folder / _IDENTITY, (json.dumps(wanted, indent=2) + "\n").encode())
        return
    if there != wanted:
        names = sorted(name for name in {*there, *wanted} if there.get(name) != wanted.get(name))
        raise InputError(
            "training-differs",
            f"{folder} holds a training with another {' and '.join(names)}",
            "repeat its settings to go on with it, or train into another folder",
            there={name: there.get(name) for name in names},
            wanted={name: wanted.get(name) for name in names},
        )


def save_checkpoint(folder: Path, step: int, seconds: float, state: Mapping[str, Tensor]) -> None:
    """Write a checkpoint, then remove all but the newest two."""
    from safetensors.torch import save

    data = save({name: tensor.detach().cpu().contiguous().clone() for name, tensor in state.items()})
    about = {"step": step, "seconds": seconds, "sha256": sha256_text(data)}
    replace_file(_tensors(folder, step), data)
    replace_file(_about(folder, step), (json.dumps(about, indent=2) + "\n").encode())
    for old in _steps(folder)[_KEPT:]:
        # The description goes first: tensors without one are no checkpoint, the reverse would be a broken one.
        _about(folder, old).unlink(missing_ok=True)
        _tensors(folder, old).unlink(missing_ok=True)


def latest_checkpoint(folder: Path) -> Checkpoint | None:
    """The newest checkpoint that is whole; None where there never was one.

    Raises:
        InputError: `checkpoint-damaged`: there are checkpoints, and none is whole.
    """
    from safetensors.torch import load

    steps = _steps(folder)
    for step in steps:
        about = _read_about(_about(folder, step))
        data = _tensors(folder, step).read_bytes() if _tensors(folder, step).is_file() else b""
        if about is not None and about["sha256"] == sha256_text(data):
            return Checkpoint(step, float(about["seconds"]), load(data))
    if steps:
        raise InputError(
            "checkpoint-damaged", f"no checkpoint in {folder} is whole", "restore the folder, or start in another one"
        )
    return None


def _tensors(folder: Path, step: int) -> Path:
    return folder / f"checkpoint-{step:08}.safetensors"


def _about(folder: Path, step: int) -> Path:
    return folder / f"checkpoint-{step:08}.json"


def _steps(folder: Path) -> list[int]:
    """Steps of which there is a description, newest first."""
    return sorted((int(path.stem.partition("-")[2]) for path in folder.glob("checkpoint-*.json")), reverse=True)


def _read_about(path: Path) -> dict[str, Any] | None:
    try:
        about = json.loads(path.read_bytes())
        return {name: about[name] for name in ("seconds", "sha256")}
    except (OSError, ValueError, KeyError, TypeError):
        return None
