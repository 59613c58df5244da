"""A process that registers a work and dies by SIGKILL after a given step: `python -m tests.offchain.dying STEP MASTER`.

The step's work is done, and its result is not yet in the journal: the worst moment, since the next process must do the
step again. STEP `-` lives to the end. Prints the job's result.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from offchain.chain.signer import development_signer
from offchain.config import load_settings
from offchain.workflows import engine as engine_module
from offchain.workflows.jobs import finished
from offchain.workflows.opening import open_engine
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.requests import RegistrationRequest, TierMandate
from offchain.workflows.services import open_services, service_signers
from tests.offchain.site import ADA

T = TypeVar("T")


def main() -> None:
    fatal, master = sys.argv[1], Path(sys.argv[2])
    _die_after(fatal)
    settings, creator = load_settings(), development_signer(ADA, 1337)
    relayer, pricing = service_signers(settings)
    told = {"made": "by hand", "output": {"sha256": "0x" + hashlib.sha256(master.read_bytes()).hexdigest()}}
    request = RegistrationRequest(
        registrant=creator.address, title="Walked", tiers=(TierMandate("personal"),), provenance=told
    )
    with open_services(settings, relayer=relayer, pricing=pricing) as services, open_engine(services) as engine:
        job_file = settings.home / "job"
        if job_file.exists():
            job_id = job_file.read_text()
        else:
            job_id = start_registration(engine, master, request).id
            job_file.write_text(job_id)
        job = engine.wait(job_id, timeout=60)
        if job.typed is not None:
            submit_signature(engine, job_id, creator.sign_typed(job.typed))
            job = engine.wait(job_id, timeout=60)
        print(json.dumps(finished(job)))


def _die_after(fatal: str) -> None:
    patiently = engine_module._patiently

    def deadly(name: str, action: Callable[[], T]) -> T:
        result = patiently(name, action)
        if name == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    engine_module._patiently = deadly


if __name__ == "__main__":
    main()
