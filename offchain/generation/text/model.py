"""Language models on disk: a folder of safetensors, tokenizer and a manifest that pins every file by sha256.

The manifest is `colophon-model.json`; `prepare` writes it for the model that Colophon ships. Weights are kept
and run in float32 although bfloat16 gives 15 % more tokens a second: docs/decisions/0009 says why.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeAlias

from offchain.errors import InputError
from offchain.generation.runtime import Runtime, chosen_device

__all__ = ["DTYPE", "MANIFEST", "TOKENIZER", "WEIGHTS", "Manifest", "Network", "TextModel", "load_model"]

DTYPE: Final = "float32"
"""Numbers that weights and activations are kept in."""

MANIFEST: Final = "colophon-model.json"
WEIGHTS: Final = "model.safetensors"
TOKENIZER: Final = "tokenizer.json"

PINNED_WEIGHTS: Final = {
    "SmolLM2-135M-Instruct": "0xa672150fb4f99d7c8f4168cecdd464069c0ef3a37d8113f22ddb9d48031d03cd",
}
"""sha256 of the weights that may call themselves by these names, whatever their manifest says."""

Network: TypeAlias = Any  # a causal language model of transformers, which ships no types
Tokenizer: TypeAlias = Any  # as above

_PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
_loading = Lock()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a model folder says about itself.

    Attributes:
        name: the model's name.
        licence: SPDX identifier of the licence that the weights are under.
        files: sha256 of each file that the model is loaded from, `0x` and 64 hex digits, by name.
    """

    name: str
    licence: str
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class TextModel:
    """A model in memory.

    Attributes:
        network: the weights, on their device.
        tokenizer: with the chat template.
        manifest: verified against the files.
        context: most tokens of prompt and answer together.
    """

    network: Network
    tokenizer: Tokenizer
    manifest: Manifest
    context: int


def load_model(runtime: Runtime) -> TextModel:
    """Verify a model's files and load them; once per process, path and device.

    Raises:
        InputError: nothing there, pickled weights, an unreadable manifest, a file that is not the one pinned,
            or a device that this machine lacks.
    """
    device = chosen_device(runtime)
    with _loading:
        return _load(runtime.model_path.resolve(), device)


def verified_manifest(path: Path) -> Manifest:
    """Read the manifest of the model in `path` and hash every file that it names.

    Raises:
        InputError: as `load_model`.
    """
    manifest = _read_manifest(path)
    pinned = manifest.files | ({WEIGHTS: PINNED_WEIGHTS[manifest.name]} if manifest.name in PINNED_WEIGHTS else {})
    for name, expected in pinned.items():
        found = file_digest(path / name) if (path / name).is_file() else "no file"
        if found != expected:
            raise InputError(
                "model-mismatch",
                f"{path / name} is not the file that the model {manifest.name} was pinned to",
                f"remove {path} and prepare the model again: python -m offchain.generation.text.prepare",
                expected=expected,
                found=found,
            )
    return manifest


def file_digest(path: Path) -> str:
    """sha256 of a file, `0x` and 64 hex digits."""
    with path.open("rb") as file:
        return "0x" + hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=2)
def _load(path: Path, device: str) -> TextModel:
    import torch
    import transformers

    manifest = verified_manifest(path)
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it so
    tokenizer = transformers.AutoTokenizer.from_pretrained(path, local_files_only=True)
    network: Network = transformers.AutoModelForCausalLM.from_pretrained(
        path, dtype=getattr(torch, DTYPE), local_files_only=True, use_safetensors=True
    )
    network.to(device).eval()
    return TextModel(network, tokenizer, manifest, int(network.config.max_position_embeddings))


def _read_manifest(path: Path) -> Manifest:
    if not (path / WEIGHTS).is_file():
        raise _no_weights(path)
    try:
        found = json.loads((path / MANIFEST).read_text())
        manifest = Manifest(str(found["name"]), str(found["licence"]), {**found["files"]})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "model-manifest",
            f"{path / MANIFEST} is missing or is not a manifest",
            "state the model's name, licence and the sha256 of each of its files there",
        ) from error
    if {WEIGHTS, TOKENIZER} <= manifest.files.keys():
        return manifest
    raise InputError("model-manifest", f"{path / MANIFEST} pins no {WEIGHTS} or no {TOKENIZER}", "pin both by sha256")


def _no_weights(path: Path) -> InputError:
    pickle = next((file.name for pattern in _PICKLES for file in path.glob(pattern)), None)
    if pickle is not None:
        return InputError(
            "model-pickled",
            f"{path} holds pickled weights ({pickle}), which can run anything when they are opened",
            f"convert them to {WEIGHTS} on a machine that you can lose, or take the safetensors of their author",
        )
    return InputError(
        "model-missing",
        f"there is no model in {path}",
        "prepare it: python -m offchain.generation.text.prepare, or set COLOPHON_MODEL_PATH to a prepared one",
    )
