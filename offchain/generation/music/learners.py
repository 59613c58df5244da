"""Which music model is trained, and how: the settings of `colophon train music`.

Imports torch at the top: import it inside functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final, TypeVar

import torch

from offchain.errors import InputError
from offchain.generation.music.examples import Cut
from offchain.generation.music.lstm import MusicLSTM
from offchain.generation.music.network import Config, MusicTransformer
from offchain.generation.music.trainee import Learner, MusicTrainee, Parts, Settings
from offchain.generation.music.vae import MusicVAE, Shape
from offchain.generation.music.vae_trainee import VaeTrainee

__all__ = ["MODELS", "learner"]

MODELS: Final = ("transformer", "lstm", "vae")

_Fields = TypeVar("_Fields")


def learner(given: Mapping[str, Any], seed: int, parts: Parts) -> tuple[Learner, dict[str, Any]]:
    """A fresh model with what is to be learnt, and the config that builds its network.

    Args:
        given: `model`, one of `MODELS`, and fields of `Settings`, `Cut` and the network's config that shall differ
            from their defaults.
        seed: of all chance.
        parts: what it learns from and what it is tried on.

    Raises:
        InputError: `setting-unknown`.
    """
    kind = given.get("model", MODELS[0])
    shape: type[Config] | type[Shape] = Shape if kind == "vae" else Config
    _check(given, kind, shape)
    settings = _made(Settings, {**given, "cut": _made(Cut, given)})
    config = _made(shape, given)
    torch.manual_seed(seed)
    if isinstance(config, Shape):
        return VaeTrainee(MusicVAE(config), settings, seed, parts), asdict(config)
    network = MusicLSTM(config) if kind == "lstm" else MusicTransformer(config)
    return MusicTrainee(network, settings, seed, parts), asdict(config)


def _check(given: Mapping[str, Any], kind: object, shape: type[Config] | type[Shape]) -> None:
    if kind not in MODELS:
        raise InputError("setting-unknown", f"{kind!r} is no model of music", f"choose one of {', '.join(MODELS)}")
    known = {field.name for of in (Settings, Cut, shape) for field in fields(of)} - {"cut"} | {"model"}
    unknown = sorted(set(given) - known)
    if unknown:
        remedy = f"choose of {', '.join(sorted(known))}"
        raise InputError("setting-unknown", f"{unknown[0]} is no setting of this model", remedy)


def _made(kind: type[_Fields], given: Mapping[str, Any]) -> _Fields:
    """A record with the fields that are given, and its defaults."""
    return kind(**{field.name: given[field.name] for field in fields(kind) if field.name in given})  # type: ignore[arg-type]  # any dataclass
