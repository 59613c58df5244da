"""Findings are matched with answers by detector and place, and only real answers count."""

from __future__ import annotations

import pytest

from scripts.localnet import ROOT
from scripts.slither import Finding, answers, compiler_input, findings, place

CONTRACT = {"type": "contract", "name": "OfferBook", "type_specific_fields": {}}
FUNCTION = {"type": "function", "name": "_makeOffer", "type_specific_fields": {"parent": CONTRACT}}
TABLE = """
## Something else
| `timestamp` | `Other.place` | a row of another table |
## Slither findings, answered
| detector | place | answer |
|---|---|---|
| `timestamp` | `OfferBook._makeOffer` | the seller chose it |
| `calls-loop` | `OfferBook._makeOffer` | … |
| `unused-return` | `OfferBook._makeOffer` | |
## After
| `timestamp` | `After.place` | a row of another table |
"""


def element(inner: dict, path: str = "contracts/core/OfferBook.sol") -> dict:
    return {**inner, "source_mapping": {"filename_relative": path}}


def detected(check: str, impact: str, *elements: dict) -> dict:
    return {"check": check, "impact": impact, "description": f"{check} \n", "elements": list(elements)}


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        (CONTRACT, "OfferBook"),
        (FUNCTION, "OfferBook._makeOffer"),
        ({"type": "variable", "name": "x", "type_specific_fields": {"parent": FUNCTION}}, "OfferBook._makeOffer.x"),
        ({"type": "node", "name": "x = 1", "type_specific_fields": {"parent": FUNCTION}}, "OfferBook._makeOffer"),
    ],
)
def test_place__element__is_named_from_the_contract_inwards(inner, expected):
    assert place(element(inner)) == expected


def test_findings__library_of_others__is_left_out():
    ours, theirs = element(FUNCTION), element(FUNCTION, "node_modules/solady/src/tokens/ERC721.sol")
    report = {
        "results": {"detectors": [detected("timestamp", "Low", theirs), detected("timestamp", "Low", ours, theirs)]}
    }
    assert findings(report) == [Finding("timestamp", "OfferBook._makeOffer", "Low", "timestamp")]


def test_findings__several__gravest_first():
    report = {
        "results": {"detectors": [detected("a", "Low", element(CONTRACT)), detected("z", "High", element(CONTRACT))]}
    }
    assert [finding.impact for finding in findings(report)] == ["High", "Low"]


def test_findings__nothing_found__is_empty():
    """Slither leaves the list out then."""
    assert findings({"results": {}}) == []


def test_answers__table__only_its_rows_and_only_those_with_a_reason():
    assert answers(TABLE) == {("timestamp", "OfferBook._makeOffer")}


def test_answers__security_page__has_some():
    assert ("timestamp", "Licences._isLive") in answers((ROOT / "docs" / "SECURITY.md").read_text())


def test_compiler_input__our_sources__no_mocks_and_the_settings_of_brownie(tmp_path):
    for path in ("contracts/core/A.sol", "contracts/modules/deep/B.sol", "contracts/mocks/C.sol"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).touch()
    (tmp_path / "brownie-config.yaml").write_text((ROOT / "brownie-config.yaml").read_text())
    made = compiler_input(tmp_path)
    assert sorted(made["sources"]) == ["contracts/core/A.sol", "contracts/modules/deep/B.sol"]
    assert made["settings"]["evmVersion"] == "shanghai"
    assert any(mapping.startswith("solady=") for mapping in made["settings"]["remappings"])
