from __future__ import annotations

import json

import pytest
from fastapi import Request

from offchain.api.problems import _answer, problem_of
from offchain.errors import ColophonError, DeniedError, InputError, NotFoundError, RefusedError, UnavailableError


@pytest.mark.parametrize(
    ("kind", "status"),
    [(InputError, 422), (NotFoundError, 404), (RefusedError, 409), (DeniedError, 403), (UnavailableError, 503)],
)
def test_problem_of__each_kind__keeps_code_message_remedy_and_facts(kind: type[ColophonError], status: int):
    problem = problem_of(kind("some-code", "what is wrong", "what to do", number=7, path=("a",)), "/v1/x")
    assert problem.model_dump() == {
        "type": "urn:colophon:error:some-code",
        "title": problem.title,
        "status": status,
        "detail": "what is wrong",
        "code": "some-code",
        "remedy": "what to do",
        "facts": {"number": 7, "path": ["a"]},
        "instance": "/v1/x",
    }


def test_problem_of__file_oversized__is_413():
    assert problem_of(InputError("file-oversized", "large", "shrink it"), "/").status == 413


def test_answer__quotes_half_a_surrogate_pair__is_still_utf8():
    request = Request(
        {"type": "http", "method": "GET", "path": "/x", "query_string": b"", "headers": [], "server": ("h", 80)}
    )
    answer = _answer(request, InputError("some-code", "\ud800 is wrong", "mend it", given="\ud800"))
    assert (answer.media_type, json.loads(bytes(answer.body))["detail"]) == ("application/problem+json", "? is wrong")
