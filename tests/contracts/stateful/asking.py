"""Many questions to the contracts in one request, what they refuse, and how long the histories are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import requests
from brownie import project, web3
from hypothesis import HealthCheck, Phase, settings

__all__ = ["Question", "ask", "history", "refused"]

Question = tuple[Any, tuple[object, ...]]
"""A view of a Brownie contract, and its arguments."""

EXAMPLES: Final = int(os.environ.get("COLOPHON_STATEFUL_EXAMPLES", "8"))
STEPS: Final = int(os.environ.get("COLOPHON_STATEFUL_STEPS", "50"))
SHORT: Final = 11
"""Histories that Hypothesis keeps short before it makes any of full length (engine.py, `small_example_cap`)."""


def ask(reader: Any, questions: Sequence[Question]) -> list[Any]:
    """The answers, all of the latest block, in order; `reader` is a Multicall."""
    if not questions:
        return []
    answers = reader.ask([(view._address, view.encode_input(*arguments)) for view, arguments in questions])
    return [view.decode_output(bytes(answer)) for (view, _), answer in zip(questions, answers, strict=True)]


def refused(error: str, view: Any, *arguments: object, by: Any, value: int = 0) -> None:
    """Fail unless this call ends with this custom error. Nothing is sent, so a refusal costs no transaction."""
    call = {**_call(view, arguments), "from": str(by), "value": hex(value)}
    question = {"jsonrpc": "2.0", "id": 0, "method": "eth_call", "params": [call, "latest"]}
    answer = requests.post(web3.provider.endpoint_uri, json=question, timeout=60).json()
    assert "error" in answer, f"{error} was expected"
    assert _errors().get(answer["error"]["data"][:10]) == error


def history() -> settings:
    """Settings of a machine; longer runs by COLOPHON_STATEFUL_EXAMPLES and COLOPHON_STATEFUL_STEPS."""
    return settings(
        max_examples=EXAMPLES + SHORT,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=HealthCheck.all(),
        database=None,
        phases=(Phase.generate,),
    )


@cache
def _errors() -> dict[str, str]:
    """Names of all custom errors by selector."""
    entries = [entry for made in project.get_loaded_projects()[0] for entry in made.abi if entry["type"] == "error"]
    texts = {entry["name"]: ",".join(each["type"] for each in entry["inputs"]) for entry in entries}
    return {"0x" + bytes(web3.keccak(text=f"{name}({types})"))[:4].hex(): name for name, types in texts.items()}


def _call(view: Any, arguments: tuple[object, ...]) -> dict[str, str]:
    return {"to": view._address, "data": view.encode_input(*arguments)}
