"""What a generated work's record binds its registration to, as far as no chain is asked."""

from __future__ import annotations

from typing import Any

import pytest

from offchain.chain import Edge, work_hex
from offchain.errors import ColophonError
from offchain.generation import KINDS
from offchain.generation.provenance import SCHEMA
from offchain.workflows.parentage import constraints_of, require_offerable, require_parents
from offchain.workflows.requests import RegistrationRequest, TierListing, TierMandate

PARENT = 7
SALE = {"tiers": (TierMandate("commercial"),)}


def request(record: Any, **offers: Any) -> RegistrationRequest:
    return RegistrationRequest("0x" + "11" * 20, "Made", provenance=record, **offers)


def record(licence: str | None = "Apache-2.0", **sections: Any) -> dict[str, Any]:
    return {"schema": SCHEMA, "model": {"licence": licence, "training": None}, "parents": [], **sections}


def refused(asked: RegistrationRequest) -> str:
    with pytest.raises(ColophonError) as caught:
        require_offerable(None, asked)  # type: ignore[arg-type] # none of these reaches a service
    return caught.value.code


@pytest.mark.parametrize("licence", ["Apache-2.0", "MIT", "CC-BY-SA-4.0"])
def test_require_offerable__weights_for_any_use__sold(licence):
    require_offerable(None, request(record(licence), **SALE))  # type: ignore[arg-type]


def test_require_offerable__weights_not_for_commerce__refused():
    assert refused(request(record("CC-BY-NC-4.0"), **SALE)) == "terms-non-commercial"
    free = {"listings": (TierListing("personal", 0),)}
    require_offerable(None, request(record("CC-BY-NC-4.0"), **free))  # type: ignore[arg-type]


def test_require_offerable__listed_for_nothing_and_quoted_too__counts_as_sold():
    both = {"listings": (TierListing("personal", 0),), "tiers": (TierMandate("personal"),)}
    assert refused(request(record("CC-BY-NC-4.0"), **both)) == "terms-non-commercial"


@pytest.mark.parametrize("licence", ["LicenseRef-unknown", None, "", 7])
def test_require_offerable__weights_of_unknown_licence__registered_but_not_offered(licence):
    assert refused(request(record(licence), **SALE)) == "model-licence-unknown"
    require_offerable(None, request(record(licence)))  # type: ignore[arg-type]


@pytest.mark.parametrize("told", [None, {"made": "by hand"}, {"schema": "other"}])
def test_require_offerable__no_model_made_it__sold(told):
    require_offerable(None, request(told, **SALE))  # type: ignore[arg-type]


@pytest.mark.parametrize("model", [None, [], "tiny"])
def test_require_offerable__record_without_a_model__malformed(model):
    assert refused(request(record(model=model), **SALE)) == "provenance-malformed"


@pytest.mark.parametrize("kind", KINDS)
def test_constraints_of__models_that_ship__are_known_without_a_service(kind):
    """Whoever installs Colophon can offer what its own models make."""
    from importlib.resources import files  # noqa: PLC0415

    from offchain.generation.provenance import sha256_text  # noqa: PLC0415

    manifest = files("offchain.generation").joinpath(kind, "weights", "training.json")
    if kind == "text":
        assert not manifest.is_file()
        return
    assert constraints_of(None, sha256_text(manifest.read_bytes())) is not None  # type: ignore[arg-type]


def test_require_parents__permitted__accepted():
    named = record(parents=[{"work": work_hex(PARENT), "relation": "training-set"}])
    require_parents(request(named), [Edge(PARENT, 150_000)])


@pytest.mark.parametrize("parents", ["0x07", [7], [{"relation": "training-set"}], {"work": "0x07"}])
def test_require_parents__no_list_of_works__malformed(parents):
    with pytest.raises(ColophonError) as caught:
        require_parents(request(record(parents=parents)), [])
    assert caught.value.code == "provenance-malformed"


def test_require_parents__permit_of_another_work__refused():
    named = record(parents=[{"work": work_hex(PARENT), "relation": "training-set"}])
    with pytest.raises(ColophonError) as caught:
        require_parents(request(named), [Edge(PARENT + 1, 150_000)])
    assert caught.value.code == "parent-unpermitted"
