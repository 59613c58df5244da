"""What programs make from the sources and is committed says what the sources say now."""

from __future__ import annotations

import json

from scripts import clients, errors


def test_clients__committed__are_made_from_the_document_of_today():
    told = json.dumps(clients.document(), indent=1, ensure_ascii=False) + "\n"
    assert (clients.CLIENT / "openapi.json").read_text() == told, "run make clients"
    assert (clients.CLIENT / "operations.py").read_text() == clients.operations(json.loads(told)), "run make clients"


def test_clients__every_operation__is_a_method_and_every_schema_a_type():
    told = json.loads((clients.CLIENT / "openapi.json").read_text())
    models = (clients.CLIENT / "models.py").read_text()
    types = (clients.CLIENT / "typescript" / "schema.d.ts").read_text()
    for name in told["components"]["schemas"]:
        assert f'"{name}"' in types or f" {name}: " in types, f"{name}: run make clients"
    for name in ("JobOut", "WorksOut", "RegistrationIn", "StatementOut"):
        assert f"class {name}(TypedDict" in models


def test_errors__page__lists_every_code_that_the_sources_raise():
    assert errors.PAGE.read_text() == errors.page(errors.told_errors()), "run make errors"


def test_errors__code_with_several_remedies__has_a_row_for_each():
    """Whoever exceeds the limit of one transaction must not be told to wait for tomorrow."""
    (one, day) = sorted(each.remedy for each in errors.told_errors() if each.code == "spending-limit")
    assert "COLOPHON_SPEND_PER_DAY" in day
    assert "COLOPHON_SPEND_PER_TRANSACTION" in one
    rows = [(each.kind, each.code, each.remedy) for each in errors.told_errors()]
    assert len(rows) == len(set(rows))


def test_errors__codes__are_kebab_case_and_found_wherever_they_hide():
    codes = {each.code for each in errors.told_errors()}
    assert {"work-registered", "no-node-serves", "already-registered", "request-malformed", "sign-in-required"} <= codes
    assert all(code.replace("…", "").replace("-", "").isalnum() for code in codes)
