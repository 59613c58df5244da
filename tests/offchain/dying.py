"""Processes that do a job of the service and die by SIGKILL at a boundary of one of its steps.

`tests.offchain.kill_matrix` writes the lives to the standard input, one a line. Each is forked from this one process,
which has imported the service and started nothing, so that none costs the start of an interpreter.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import random
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import pytest
import scipy.optimize
from dbos import DBOS

from offchain.chain import Order, Permit
from offchain.chain.signer import development_signer
from offchain.chain.token import Token
from offchain.config import load_settings
from offchain.generation.music.params import MusicParams
from offchain.workflows import steps as steps_module
from offchain.workflows.engine import Engine
from offchain.workflows.generating import start_generation
from offchain.workflows.jobs import ACTIVE, finished
from offchain.workflows.opening import open_engine
from offchain.workflows.ordering import draft_order
from offchain.workflows.purchasing import start_purchase
from offchain.workflows.quoting import QuoteRequest, SignedQuote, make_quote
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.requests import GenerationRequest, RegistrationRequest, TierMandate
from offchain.workflows.services import open_services, service_signers
from tests.offchain.kill_matrix import SOLD, WORKS, Life
from tests.offchain.site import ADA, DORA
from tests.offchain.tiny_music import manifest, use_tiny

T = TypeVar("T")

_SECONDS: Final = 90
_CHAIN: Final = 1337


def main() -> None:
    """Fork a life for each line of the standard input, and tell how it ended."""
    assert scipy.optimize, "a service imports it when it first prices or compares"

    for line in sys.stdin:
        life = Life(*json.loads(line))
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            _live(life, writer)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            told = pipe.read()
        print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), told]), flush=True)


def _live(life: Life, writer: int) -> NoReturn:
    signal.alarm(_SECONDS)
    os.dup2(2, 1)
    status = 1
    try:
        told = json.dumps(_lived(life))
        status = 0
    except BaseException:  # noqa: BLE001 - whatever it is, the mother's loop must not go on in the child
        told = traceback.format_exc()
    os.write(writer, told.encode())
    os._exit(status)


def _lived(life: Life) -> dict[str, Any]:
    _die_at(life.fate)
    settings = load_settings()
    if life.kind == "generation":
        use_tiny(pytest.MonkeyPatch(), settings.home / "weights", manifest(None))
    relayer, pricing = service_signers(settings)
    with open_services(settings, relayer=relayer, pricing=pricing) as services, open_engine(services) as engine:
        result = _KINDS[life.kind](engine, life.key)
        unfinished = DBOS.list_workflows(status=list(ACTIVE), load_input=False, load_output=False)
        return result | {"unfinished": [status.workflow_id for status in unfinished]}


def _die_at(fate: str) -> None:
    patiently = steps_module._patiently

    def deadly(name: str, action: Callable[[], T]) -> T:
        if f"before:{name}" == fate:
            os.kill(os.getpid(), signal.SIGKILL)
        result = patiently(name, action)
        if name == fate:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    steps_module._patiently = deadly


def _registration(engine: Engine, key: str) -> dict[str, Any]:
    """A work of its own, with every file that a registration can have."""
    creator, words = development_signer(ADA, _CHAIN), random.Random(key)
    text = " ".join(words.randbytes(3).hex() for _ in range(60)).encode()
    request = RegistrationRequest(
        registrant=creator.address,
        title=f"Walked {key}",
        tiers=(TierMandate("personal"),),
        provenance={"made": "by hand", "output": {"sha256": "0x" + hashlib.sha256(text).hexdigest()}},
    )
    kept = _kept(engine, key)
    if not kept.exists():
        kept.write_text(start_registration(engine, text, request, name="work.txt").id)
    job_id = kept.read_text()
    job = engine.wait(job_id, timeout=60)
    if job.typed is not None:
        submit_signature(engine, job_id, creator.sign_typed(job.typed))
        job = engine.wait(job_id, timeout=60)
    return finished(job)


def _purchase(engine: Engine, key: str) -> dict[str, Any]:
    """The order is signed once, and sent again by whoever does not know whether it arrived."""
    kept = _kept(engine, f"order-{key}")
    if not kept.exists():
        kept.write_bytes(pickle.dumps(_ordered(engine)))
    signed, *order = pickle.loads(kept.read_bytes())  # noqa: S301 - an earlier life wrote it
    return finished(engine.wait(start_purchase(engine, signed, *order).id, timeout=60))


def _ordered(engine: Engine) -> tuple[SignedQuote, Order, bytes, Permit]:
    buyer, sold = development_signer(DORA, _CHAIN), finished(engine.job(_kept(engine, SOLD).read_text()))
    signed = make_quote(engine.services, QuoteRequest(int(sold["work"], 16), "personal", buyer.address))
    draft = draft_order(engine.services, signed, buyer.address)
    assert draft.permit is not None, "every purchase uses up what it allows the ledger"
    permit = Token.permit(draft.permit_value, draft.permit_deadline, buyer.sign_typed(draft.permit))
    return signed, draft.order, buyer.sign_typed(draft.typed), permit


def _generation(engine: Engine, key: str) -> dict[str, Any]:
    asked = GenerationRequest("", MusicParams(bars=1), seed=random.Random(key).randrange(10**6), count=WORKS)
    return finished(engine.wait(start_generation(engine, asked).id, timeout=60))


_KINDS: Final = {"registration": _registration, "purchase": _purchase, "generation": _generation}


def _kept(engine: Engine, name: str) -> Path:
    """Where a life leaves word for the next."""
    return engine.services.settings.home / f"left-{name}"


if __name__ == "__main__":
    main()
