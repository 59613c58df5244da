"""Model folders: which files a language model is loaded from, and what pins them.

A folder with a manifest, `colophon-model.json`, is held to it; `prepare` writes one for the model that Colophon
ships. Any other folder that transformers could load gets its manifest computed from what lies there, so that a
record names its bytes all the same. Pickles are refused, whoever wrote them.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from offchain.errors import InputError
from offchain.generation.provenance import canonical, sha256_text

__all__ = ["MANIFEST", "TOKENIZER", "UNKNOWN_LICENCE", "WEIGHTS", "Manifest", "file_digest", "verified_manifest"]

MANIFEST: Final = "colophon-model.json"
WEIGHTS: Final = "model.safetensors"
TOKENIZER: Final = "tokenizer.json"
UNKNOWN_LICENCE: Final = "LicenseRef-unknown"
"""What a record says of weights whose maker names no licence in the model card."""

PINNED_WEIGHTS: Final = {
    "SmolLM2-135M-Instruct": "0xa672150fb4f99d7c8f4168cecdd464069c0ef3a37d8113f22ddb9d48031d03cd",
}
"""sha256 of the weights that may call themselves by these names, whatever their manifest says."""

_PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
_LOADED = ("*.safetensors", "*.json", "*.model", "*.jinja", "merges.txt", "vocab.txt")
_TOKENIZERS = (TOKENIZER, "tokenizer.model", "vocab.json", "merges.txt", "vocab.txt")
_CARD = "README.md"
_LICENCE_LINE = re.compile(r"^license:\s*['\"]?([A-Za-z0-9.+-]{2,64})['\"]?\s*$", re.MULTILINE)
_SPDX = {"apache-2.0": "Apache-2.0", "mit": "MIT", "bsd-3-clause": "BSD-3-Clause", "cc-by-4.0": "CC-BY-4.0"}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a model folder says about itself.

    Attributes:
        name: the model's name.
        licence: SPDX identifier of the licence that the weights are under, `LicenseRef-…` where there is none.
        files: sha256 of each file that the model is loaded from, `0x` and 64 hex digits, by name.
        revision: the hub's commit that the files are of; None for a folder.
    """

    name: str
    licence: str
    files: dict[str, str]
    revision: str | None = None

    @property
    def weights(self) -> str:
        """sha256 of the weights; of the canonical JSON {file: sha256} where they lie in several files."""
        return _digest_of({name: digest for name, digest in self.files.items() if name.endswith(".safetensors")})

    @property
    def pinned(self) -> str:
        """sha256 of the canonical JSON {file: sha256} of all files, since configuration and template count."""
        return sha256_text(canonical(dict(self.files)))

    @property
    def tokenizer(self) -> str:
        """sha256 of `tokenizer.json`; a model without one is pinned by its vocabulary's files, as `weights` is."""
        if TOKENIZER in self.files:
            return self.files[TOKENIZER]
        return _digest_of({name: digest for name, digest in self.files.items() if name in _TOKENIZERS})


def verified_manifest(path: Path, name: str | None = None) -> Manifest:
    """The manifest of the model in `path`, with every file that it names hashed.

    Args:
        path: folder.
        name: what to call a model without a manifest; None for the folder's name.

    Raises:
        InputError: nothing there, pickled weights, an unreadable manifest, or a file that is not the one pinned.
    """
    _require_weights(path)
    if not (path / MANIFEST).is_file():
        computed = _computed(path, name or path.name)
        _require_pinned(path, computed, {})
        return computed
    manifest = _read_manifest(path)
    _require_pinned(path, manifest, manifest.files)
    return replace(manifest, files=_unpinned(path, manifest) | manifest.files)


def file_digest(path: Path) -> str:
    """sha256 of a file, `0x` and 64 hex digits."""
    with path.open("rb") as file:
        return "0x" + hashlib.file_digest(file, "sha256").hexdigest()


def _require_pinned(path: Path, manifest: Manifest, files: dict[str, str]) -> None:
    pinned = files | ({WEIGHTS: PINNED_WEIGHTS[manifest.name]} if manifest.name in PINNED_WEIGHTS else {})
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


def _read_manifest(path: Path) -> Manifest:
    try:
        found = json.loads((path / MANIFEST).read_text())
        manifest = Manifest(str(found["name"]), str(found["licence"]), {**found["files"]})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "model-manifest",
            f"{path / MANIFEST} is not a manifest",
            "state the model's name, licence and the sha256 of each of its files there, or remove it",
        ) from error
    if {WEIGHTS, TOKENIZER} <= manifest.files.keys():
        return manifest
    raise InputError("model-manifest", f"{path / MANIFEST} pins no {WEIGHTS} or no {TOKENIZER}", "pin both by sha256")


def _loaded(path: Path) -> set[str]:
    return {file.name for pattern in _LOADED for file in path.glob(pattern) if file.is_file()} - {MANIFEST}


def _unpinned(path: Path, manifest: Manifest) -> dict[str, str]:
    """What a manifest says nothing of and transformers reads all the same, such as the network's configuration."""
    rest = sorted(_loaded(path) - manifest.files.keys())
    return {name: file_digest(path / name) for name in rest if not name.endswith(".safetensors")}


def _computed(path: Path, name: str) -> Manifest:
    files = _loaded(path)
    if not files & set(_TOKENIZERS):
        raise InputError("model-incomplete", f"{path} holds no tokenizer", f"put the model's {TOKENIZER} there")
    return Manifest(name, _licence(path), {file: file_digest(path / file) for file in sorted(files)})


def _licence(path: Path) -> str:
    """What the model card's header names; hubs spell SPDX identifiers in lower case."""
    card = (path / _CARD).read_text(errors="replace")[:10_000] if (path / _CARD).is_file() else ""
    head = card.split("\n---", 1)[0] if card.startswith("---") else ""
    named = _LICENCE_LINE.search(head)
    return UNKNOWN_LICENCE if named is None else _SPDX.get(named[1].lower(), f"LicenseRef-{named[1]}")


def _require_weights(path: Path) -> None:
    if (path / WEIGHTS).is_file() or (path / f"{WEIGHTS}.index.json").is_file():
        return
    pickle = next((file.name for pattern in _PICKLES for file in path.glob(pattern)), None)
    if pickle is not None:
        raise InputError(
            "model-pickled",
            f"{path} holds pickled weights ({pickle}), which can run anything when they are opened",
            f"convert them to {WEIGHTS} on a machine that you can lose, or take the safetensors of their author",
        )
    raise InputError(
        "model-missing",
        f"there is no model in {path}",
        "prepare it: python -m offchain.generation.text.prepare, or correct --model or COLOPHON_MODEL_PATH",
    )


def _digest_of(files: dict[str, str]) -> str:
    return next(iter(files.values())) if len(files) == 1 else sha256_text(canonical(files))
