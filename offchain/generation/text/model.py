"""Language models in memory: SmolLM2-135M-Instruct, which Colophon ships, or any causal one that transformers loads.

Weights are run in float32 unless another number is asked for: docs/decisions/0009 and 0036 say what each costs.
Code that comes with a model is never run, and no pickle is opened.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeAlias

from offchain.errors import ColophonError, InputError
from offchain.generation.runtime import Runtime, chosen_device, memory_checked
from offchain.generation.text.folder import MANIFEST, TOKENIZER, WEIGHTS, Manifest, file_digest, verified_manifest
from offchain.generation.text.hub import fetched, is_hub_id

__all__ = [
    "DTYPE",
    "DTYPES",
    "MANIFEST",
    "TOKENIZER",
    "WEIGHTS",
    "Manifest",
    "Network",
    "TextModel",
    "Tokenizer",
    "file_digest",
    "load_model",
    "verified_manifest",
]

DTYPE: Final = "float32"
"""Numbers that weights and activations are kept in, unless the runtime asks for others."""

DTYPES: Final = (DTYPE, "bfloat16", "int8")
"""`int8`: weights of linear layers in 8 bits, one scale a row, activations and sums in float32; CPU only."""

_NARROWED: Final = ("quantization_config", "compression_config")

Config: TypeAlias = Any  # of transformers, which ships no types
Network: TypeAlias = Any  # a causal language model of transformers, which ships no types
Tokenizer: TypeAlias = Any  # as above

_loading = Lock()


@dataclass(frozen=True, slots=True)
class TextModel:
    """A model in memory.

    Attributes:
        network: the weights, on their device or devices.
        tokenizer: with the chat template where the model has one.
        manifest: verified against the files.
        context: most tokens of prompt and answer together.
        dtype: one of `DTYPES`.
    """

    network: Network
    tokenizer: Tokenizer
    manifest: Manifest
    context: int
    dtype: str = DTYPE


def load_model(runtime: Runtime) -> TextModel:
    """Verify a model's files and load them; once per process, path, device and dtype.

    Raises:
        InputError: nothing there, pickled weights, an unreadable manifest, a file that is not the one pinned, weights
            that are damaged, quantised or of another model, no memory for them, a device that this machine lacks, or
            a dtype that it does not run.
        UnavailableError: a hub id whose model cannot be fetched.
    """
    dtype = runtime.dtype or DTYPE
    device = "cpu" if dtype == "int8" and runtime.device is None else chosen_device(runtime)
    if dtype not in DTYPES or (dtype == "int8" and device != "cpu"):
        raise InputError("dtype-unknown", f"no {dtype} on {device}", f"choose one of {', '.join(DTYPES)}; int8 on cpu")
    hub = is_hub_id(runtime.model_path)
    path = fetched(runtime.model_path.as_posix()) if hub else runtime.model_path.resolve()
    with _loading:
        return _load(path, runtime.model_path.as_posix() if hub else None, device, dtype)


@lru_cache(maxsize=2)
def _load(path: Path, name: str | None, device: str, dtype: str) -> TextModel:
    manifest = replace(verified_manifest(path, name), revision=None if name is None else path.name)
    network, tokenizer = _opened(path, device, dtype)
    if dtype == "int8":
        from offchain.generation.text.int8 import narrowed

        narrowed(network)
    return TextModel(network.eval(), tokenizer, manifest, _context(path, network), dtype)


def _opened(path: Path, device: str, dtype: str) -> tuple[Network, Tokenizer]:
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it so
    kept = getattr(torch, DTYPE if dtype == "int8" else dtype)
    spread: dict[str, Any] = {"device_map": "auto"} if device == "cuda" and torch.cuda.device_count() > 1 else {}
    ours: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        config = _config(path, transformers.AutoConfig.from_pretrained(path, **ours))
        tokenizer = transformers.AutoTokenizer.from_pretrained(path, **ours)
        with memory_checked(f"the weights of {path.name}"):
            opened: Any = transformers.AutoModelForCausalLM.from_pretrained(
                path, config=config, dtype=kept, use_safetensors=True, output_loading_info=True, **ours, **spread
            )
            network, found = opened
            network = network if spread else network.to(device)
    except ColophonError:
        raise
    except Exception as error:  # a stranger's files can break transformers and its parsers at any line
        raise _unloadable(path, f"{type(error).__name__}: {error}") from error
    if found["missing_keys"]:  # transformers would draw them at random
        raise _unloadable(path, f"it lacks {', '.join(sorted(found['missing_keys'])[:3])}")
    return network, tokenizer


def _config(path: Path, config: Config) -> Config:
    """The network's configuration with our choice of code: none that it names, which may be a kernel on the hub."""
    parts = [config, *(part for part in map(config.__dict__.get, config.sub_configs) if part is not None)]
    if any(getattr(part, name, None) for part in parts for name in _NARROWED):
        raise InputError(
            "model-quantised",
            f"the weights of {path} are quantised, and would run in numbers that no record names",
            "take the author's weights in float32 or bfloat16; the dtype int8 narrows those",
        )
    config._attn_implementation = config._experts_implementation = None  # noqa: SLF001 - transformers has no other way
    return config


def _context(path: Path, network: Network) -> int:
    config = network.config.get_text_config()
    told = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None) or 2048
    if type(told) is not int or told < 1:
        raise _unloadable(path, f"its context is {told!r}")
    return told


def _unloadable(path: Path, why: str) -> InputError:
    lines = why.strip().splitlines() or [""]
    return InputError(
        "model-unloadable",
        f"{path} is no causal language model that transformers loads: {lines[0][:300]}",
        "give a folder with config.json, safetensors and a tokenizer, as its author published them",
    )
