"""Models named by a hub id, `author/name`: fetched once into the hub client's cache, safetensors and texts only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from offchain.errors import InputError, UnavailableError
from offchain.generation.text.folder import TOKENIZER

__all__ = ["fetched", "is_hub_id", "tokenizer_file"]

_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_WANTED: Final = ("*.safetensors", "*.json", "*.model", "*.jinja", "merges.txt", "vocab.txt", "README.md")


def is_hub_id(path: Path) -> bool:
    """Whether `path` names a model of the hub: `author/name`, and no folder of that name is here.

    A path that its user wrote with a leading `.` or `~` comes absolute (`offchain.config.model_location`), so is none.
    """
    return _ID.fullmatch(path.as_posix()) is not None and not path.exists()


def tokenizer_file(path: Path) -> Path:
    """Where the tokenizer of the model in the folder `path`, or of the hub id, lies; its weights are not fetched.

    Raises:
        UnavailableError, InputError: as `fetched`.
    """
    return (fetched(path.as_posix(), (TOKENIZER,)) if is_hub_id(path) else path) / TOKENIZER


def fetched(name: str, wanted: Sequence[str] = _WANTED) -> Path:
    """The folder of the hub's model `name`, fetched unless it is in the cache; it is named by the model's revision.

    Args:
        name: `author/name`.
        wanted: patterns of the files to fetch.

    The environment of the hub's client decides where and whether (`HF_HOME`, `HF_HUB_OFFLINE`, `HF_ENDPOINT`).

    Raises:
        UnavailableError: `hub-unreachable`: it is not in the cache, and the hub does not answer or is not to be asked.
        InputError: `model-missing`: the hub has no such model, or does not give it to this user.
    """
    from huggingface_hub import errors, snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=list(wanted)))
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
        raise InputError(
            "model-missing", f"there is no model {name}, neither as a folder nor on the hub", "check its name"
        ) from error
    except (OSError, errors.IncompleteSnapshotError) as error:  # no route, no answer, offline, or the cache is full
        raise UnavailableError(
            "hub-unreachable",
            f"there is no folder {name} here, and the hub's model of that name cannot be fetched: "
            f"{str(error).splitlines()[0][:200]}",
            "give the path of a folder, or fetch the model where there is a network",
        ) from error
