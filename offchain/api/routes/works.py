"""Works: register, list, look up, recognise."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, File, Form, Path, Query, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import ValidationError

from offchain.api.deps import EngineDep, OnceDep, ServicesDep
from offchain.api.schemas.fields import Account, WorkId, to_work
from offchain.api.schemas.jobs import JobOut, job_out
from offchain.api.schemas.works import (
    RecognitionOut,
    RegistrationIn,
    WorkOut,
    WorksOut,
    recognition_out,
    work_out,
)
from offchain.chain.address import parse_address
from offchain.errors import InputError
from offchain.workflows.catalogue import describe, list_works
from offchain.workflows.engine import Engine
from offchain.workflows.generating import generated_master
from offchain.workflows.prompts import require_same_but_prompt
from offchain.workflows.recognition import recognise
from offchain.workflows.registration import start_registration

__all__ = ["router"]

router = APIRouter(prefix="/v1/works", tags=["works"])

_FILE: Final = "the exact bytes of the finished work"
_BLOCK: Final = 2**20
_LAST: Final = 2**63 - 1
"""Highest number that a page can end with; databases count rows in 64 bits."""


@router.post("", operation_id="registerWork", status_code=202, response_model=JobOut)
def register_work(
    engine: EngineDep,
    once: OnceDep,
    request: Annotated[str, Form(description="a `RegistrationIn` as JSON")],
    file: Annotated[UploadFile | None, File(description=_FILE)] = None,
) -> Response:
    """Begin a registration: the job comes to await the registrant's signature, then registers the work."""
    body = _read(request)

    def produce() -> JobOut:
        if file is not None and body.generation is None:
            return job_out(start_registration(engine, file.file, body.request(), name=file.filename))
        return _register_generated(engine, body, file)

    answer = once([body, None if file is None else _digest(file)], 202, produce)
    answer.headers["Location"] = f"/v1/jobs/{json.loads(bytes(answer.body))['id']}"
    return answer


@router.get("", operation_id="listWorks")
def get_works(
    request: Request,
    response: Response,
    services: ServicesDep,
    holder: Annotated[Account | None, Query(description="only works whose title this account holds")] = None,
    cursor: Annotated[int | None, Query(ge=1, le=_LAST, description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> WorksOut:
    """Registered works, newest first; the `Link` header leads to the next page (RFC 8288)."""
    account = None if holder is None else parse_address(holder)
    page = list_works(services, limit, before=cursor, holder=account)
    if page.next is not None:
        response.headers["Link"] = f'<{request.url.include_query_params(cursor=page.next)}>; rel="next"'
    return WorksOut(items=list(map(work_out, page.works)), next=None if page.next is None else str(page.next))


@router.get("/{work}", operation_id="getWork")
def get_work(work: Annotated[WorkId, Path()], services: ServicesDep) -> WorkOut:
    """A registered work, with the works it derives from and those that derive from it."""
    return work_out(describe(services, to_work(work)))


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


def _register_generated(engine: Engine, body: RegistrationIn, file: UploadFile | None) -> JobOut:
    if body.generation is None or file is not None:
        raise InputError(
            "file-or-generation", "a registration takes either a file or a generation", "send one of the two"
        )
    named = None if body.generated is None else to_work(body.generated)
    master, provenance = generated_master(engine, body.generation, named)
    if body.provenance is not None:
        provenance = require_same_but_prompt(provenance, body.provenance)
    request = replace(body.request(), provenance=provenance)
    return job_out(start_registration(engine, master, request))
