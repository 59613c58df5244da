"""What a journal's pickle may name, and every shape in which something else might be named."""

from __future__ import annotations

import base64
import datetime
import os
import pickle
import pickletools
from typing import Any

import pytest

from offchain.chain import Order
from offchain.errors import InputError, UnavailableError
from offchain.workflows.backups.pickled import plain_row
from offchain.workflows.jobs import Draft

ORDER = Order(b"\1" * 32, "0x" + "11" * 20, "0x" + "22" * 20, b"\2" * 32, 5, 1, 2)


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def row_of(value: object) -> dict[str, Any]:
    return {"workflow_uuid": "purchase-1", "inputs": text(pickle.dumps(value))}


class Calls:
    """A pickle that calls a function."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.called = function, arguments

    def __reduce__(self) -> tuple[object, ...]:
        return self.called


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"args": (b"\1" * 32, ORDER, 7), "kwargs": {}},
        Draft(typed={"a": [1, 2.5, "x"]}, deadline=9),
        UnavailableError("ipfs-down", "no node answers", "wait", node="http://127.0.0.1:5001"),
        {1, 2},
        datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
        [f"{number:070}" for number in range(5_000)] + [ORDER, ORDER],  # in several frames
    ],
    ids=["nothing", "arguments", "draft", "error", "set", "time", "long"],
)
def test_plain_row__values_of_this_program__as_they_are(value: object):
    row = row_of(value)
    assert plain_row(row) == row


def stack_global(module: bytes, name: bytes, between: bytes = b"") -> bytes:
    texts = [b"\x8c" + bytes([len(each)]) + each for each in (module, name)]
    return b"\x80\x04" + texts[0] + between + texts[1] + b"\x93."


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(Calls(os.system, "true")),
        pickle.dumps(Calls(os.system, "true"), protocol=0),
        pickle.dumps(Calls(os.system, "true"), protocol=2),
        pickle.dumps(Calls(eval, "1")),
        pickle.dumps(Calls(__import__, "os")),
        stack_global(b"offchain.config", b"os.system"),
        stack_global(b"offchain.config", b"json"),
        stack_global(b"offchain.workflows.backups.restoring", b"shutil"),
        stack_global(b"offchain.workflows.backups.restoring", b"restore"),
        stack_global(b"offchain.workflows.vault", b"Vault"),
        stack_global(b"offchain.cli.__main__", b"app"),
        stack_global(b"offchain.errors", b"ColophonError.__init__"),
        stack_global(b"offchainer", b"Draft"),
        # An innocent name is shown, and what lies below it on the stack is taken.
        stack_global(b"os", b"system", b"\x8c\x0foffchain.errors0"),
        b"\x80\x04\x8c\x02os\x8c\x06system\x8c\x0foffchain.errors\x8c\x0dColophonError00\x93.",
        # Memory slots that are written anew, or out of their order.
        b"\x80\x04\x8c\x02osq\x00\x8c\x06systemq\x01h\x00h\x01\x93.",
        b"\x80\x04\x8c\x0foffchain.errors\x94\x8c\x02osr\x00\x00\x00\x00h\x00\x8c\x06system\x93.",
        b"\x80\x04N\x94\x8c\x06systemh\x00h\x00\x93.",
        b"\x80\x04h\x05h\x06\x93.",
        b"cos\nsystem\n.",
        b"(ios\nsystem\n.",
        b"\x80\x04\x82\x01.",
        b"no pickle",
        b"",
    ],
)
def test_plain_row__anything_that_could_run__unsafe(data: bytes):
    for column in ("inputs", "output", "message", "value"):
        with pytest.raises(InputError) as caught:
            plain_row({column: text(data)})
        assert caught.value.code == "backup-unsafe"


@pytest.mark.parametrize("told", [5, ["a"], "!!!", text(pickle.dumps(None)) + "*", '{"positionalArgs": []}'])
def test_plain_row__no_pickle_at_all__unsafe(told: object):
    with pytest.raises(InputError):
        plain_row({"inputs": told})


def test_plain_row__error_of_a_library__is_one_that_nobody_foresaw():
    kept = plain_row({"error": text(pickle.dumps(Calls(os.system, "true")))})
    told = {argument for _, argument, _ in pickletools.genops(base64.b64decode(kept["error"]))}
    assert "internal-error" in told
    assert not {"posix", "os", "system"} & told
    assert plain_row(kept) == kept
