"""The OpenAPI document, with the schema of what travels as JSON inside a form."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from fastapi import FastAPI

from offchain.api.schemas.works import RegistrationIn

__all__ = ["REGISTRATION", "documented"]

_PLACE: Final = "#/components/schemas/"

REGISTRATION: Final[dict[str, Any]] = {
    "contentMediaType": "application/json",
    "contentSchema": {"$ref": f"{_PLACE}{RegistrationIn.__name__}"},
}
"""What a form's field says that holds a `RegistrationIn` (JSON Schema 2020-12, section 8)."""


def documented(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """The document of an app; made once, when somebody asks."""
    plain = app.openapi

    @cache
    def document() -> dict[str, Any]:
        told = plain()
        schema = RegistrationIn.model_json_schema(ref_template=_PLACE + "{model}")
        parts = schema.pop("$defs", {})
        told["components"]["schemas"].update(parts | {RegistrationIn.__name__: schema})
        return told

    return document
