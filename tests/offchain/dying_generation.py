"""A process that generates works and dies by SIGKILL while a model runs: `python -m tests.offchain.dying_generation N`.

It dies when the model tells of its N-th frame, counted over the whole job; `-` lives to the end, and then registers the
first work. Prints what the generation and the registration came to.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from itertools import count

import pytest

from offchain.chain.signer import development_signer
from offchain.config import load_settings
from offchain.generation.music.params import MusicParams
from offchain.workflows.engine import Engine
from offchain.workflows.generating import generated_master, start_generation
from offchain.workflows.jobs import finished
from offchain.workflows.opening import open_engine
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.requests import GenerationRequest, RegistrationRequest
from offchain.workflows.services import open_services, service_signers
from tests.offchain.site import ADA
from tests.offchain.tiny_music import manifest, use_tiny

ASKED = GenerationRequest("", MusicParams(bars=1), seed=7, count=12)
"""Two steps of works, 16 frames each."""


def main() -> None:
    if sys.argv[1] != "-":
        _die_at(int(sys.argv[1]))
    settings = load_settings()
    use_tiny(pytest.MonkeyPatch(), settings.home / "weights", manifest(None))
    relayer, pricing = service_signers(settings)
    with open_services(settings, relayer=relayer, pricing=pricing) as services, open_engine(services) as engine:
        job = start_generation(engine, ASKED)
        made = finished(engine.wait(job.id, timeout=300))
        print(json.dumps({"generated": made, "registered": _registered(engine, job.id)}))


def _registered(engine: Engine, job_id: str) -> dict[str, object]:
    creator = development_signer(ADA, 1337)
    first = int(finished(engine.job(job_id))["works"][0]["work"], 16)
    master, provenance = generated_master(engine, job_id, first)
    request = RegistrationRequest(creator.address, "Noise", provenance=provenance)
    job = engine.wait(start_registration(engine, master, request).id, timeout=300)
    submit_signature(engine, job.id, creator.sign_typed(job.typed or {}))
    return finished(engine.wait(job.id, timeout=300))


def _die_at(fatal: int) -> None:
    wanted, calls = Engine.require_wanted, count(1)

    def deadly(engine: Engine, job_id: str) -> None:
        wanted(engine, job_id)
        if next(calls) > fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    Engine.require_wanted = deadly


if __name__ == "__main__":
    main()
