"""Works: register, list, look up, recognise."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Depends, File, Form, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import ValidationError

from offchain.api.callers import Caller, Scope, signed_in
from offchain.api.deps import EngineDep, ServicesDep
from offchain.api.document import REGISTRATION
from offchain.api.once import OnceDep
from offchain.api.schemas.fields import to_work
from offchain.api.schemas.jobs import JobOut, job_out
from offchain.api.schemas.works import (
    RecognitionOut,
    RegistrationIn,
    recognition_out,
)
from offchain.chain.address import parse_address
from offchain.errors import DeniedError, InputError
from offchain.workflows.callers import scope_missing
from offchain.workflows.engine import Engine
from offchain.workflows.generating import generated_master
from offchain.workflows.imports import imported
from offchain.workflows.prompts import require_same_but_prompt
from offchain.workflows.recognition import recognise
from offchain.workflows.registration import start_registration

__all__ = ["router"]

router = APIRouter(prefix="/v1/works", tags=["works"])

_FILE: Final = "the exact bytes of the finished work"
_BLOCK: Final = 2**20


@router.post("", operation_id="registerWork", status_code=202, response_model=JobOut)
def register_work(
    engine: EngineDep,
    caller: Annotated[Caller, Depends(signed_in(Scope.WORKS))],
    once: OnceDep,
    request: Annotated[str, Form(description="a `RegistrationIn` as JSON", json_schema_extra=REGISTRATION)],
    file: Annotated[UploadFile | None, File(description=_FILE)] = None,
) -> Response:
    """Begin a registration: the job comes to await the registrant's signature, then registers the work.

    With `relay` false it comes to await two transactions from the registrant's own wallet, which pays for them: they
    stand in the job, and it goes on by itself when the chain has them. After a day without them it fails.

    The work is exactly one of: a file, a generation of the caller's, the content of a CID on the service's IPFS nodes.
    """
    body = _read(request)
    _require_one_source(body, file)
    _require_own(caller, body.registrant)

    def produce() -> JobOut:
        if body.cid is not None:
            with imported(engine.services, body.cid) as content:
                return job_out(start_registration(engine, content, body.request()))
        if file is not None:
            return job_out(start_registration(engine, file.file, body.request(), name=file.filename))
        return _register_generated(engine, caller, body)

    answer = once([body, None if file is None else _digest(file)], 202, produce)
    answer.headers["Location"] = f"/v1/jobs/{json.loads(bytes(answer.body))['id']}"
    return answer


@router.post("/search", operation_id="searchWorks")
def search_works(services: ServicesDep, file: Annotated[UploadFile, File(description=_FILE)]) -> RecognitionOut:
    """Compare a file with every registered work: the same, derived, similar, or new. Nothing is kept."""
    return recognition_out(recognise(services, file.file, name=file.filename))


def _digest(file: UploadFile) -> str:
    digest = hashlib.sha256()
    while block := file.file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _read(text: str) -> RegistrationIn:
    try:
        return RegistrationIn.model_validate_json(text)
    except ValidationError as error:
        # FastAPI tells its own validation errors; this text came inside a form field.
        raise RequestValidationError(error.errors(include_context=False, include_url=False)) from error


def _require_own(caller: Caller, registrant: str) -> None:
    if parse_address(registrant) != caller.account:
        raise DeniedError(
            "not-registrant",
            f"you have signed in as {caller.account}, and the registrant is {registrant}",
            "register works as yourself",
        )


def _require_one_source(body: RegistrationIn, file: UploadFile | None) -> None:
    if [file, body.generation, body.cid].count(None) != 2:
        raise InputError(
            "file-or-generation",
            "a registration takes either a file, a generation or a CID",
            "send exactly one of the three",
        )


def _register_generated(engine: Engine, caller: Caller, body: RegistrationIn) -> JobOut:
    assert body.generation is not None  # noqa: S101 - it is the one source that is left
    if Scope.GENERATIONS not in caller.scopes:  # the draft would tell the work and its prompt
        raise scope_missing(Scope.GENERATIONS)
    named = None if body.generated is None else to_work(body.generated)
    engine.job(body.generation).require_readable(caller.account)
    master, provenance = generated_master(engine, body.generation, named)
    if body.provenance is not None:
        provenance = require_same_but_prompt(provenance, body.provenance)
    request = replace(body.request(), provenance=provenance)
    return job_out(start_registration(engine, master, request))
