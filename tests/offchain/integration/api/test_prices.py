"""Prices over HTTP: each with its reason, its curve and its proof, and as a picture."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from defusedxml import ElementTree
from fastapi.testclient import TestClient

from offchain.chain import Bounds
from scripts.localnet import ROOT
from tests.offchain.deployed import CREATOR, PRICING
from tests.offchain.site import DOLLAR, Site

NEVER = 2**40 - 1


@pytest.fixture(scope="module")
def work(site: Site, client: TestClient) -> str:
    """A work sold in two tiers; the commercial one for 20 dollars at most, which is less than it could earn by."""
    services = client.app.state.engine.services
    delegate = site.address(PRICING)
    ceilings = {"personal": 1000 * DOLLAR, "commercial": 20 * DOLLAR}
    bounds = tuple(
        Bounds(delegate, services.terms_number(tier), 1, DOLLAR, ceiling, NEVER, 5)
        for tier, ceiling in ceilings.items()
    )
    registered = site.world.register(b"priced", CREATOR, bounds=bounds)
    services.advance()
    return f"0x{registered:064x}"


@pytest.fixture(scope="module")
def prices(client: TestClient, work: str) -> dict[str, Any]:
    answer = client.get(f"/v1/works/{work}/prices")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_prices__each__tells_runner_up_bindings_and_its_curve(prices: dict[str, Any], work: str):
    assert (prices["work"], prices["symbol"], prices["decimals"]) == (work, "TUSD", 6)
    names = [(price["tier"], price["segment"]) for price in prices["prices"]]
    tiers, segments = ("personal", "commercial"), ("individual", "organisation")
    assert names == [(tier, segment) for tier in tiers for segment in segments]
    for price in prices["prices"]:
        assert price["curve"][price["step"]]["price"] == price["amount"]
        assert [step["low"] for step in price["curve"]] == [None] * len(price["curve"])
        assert price["offers"] == 0
    capped = prices["prices"][2]
    assert [binding["kind"] for binding in capped["bindings"]] == ["ceiling"]
    assert [step["allowed"] for step in capped["curve"]] == [int(s["price"]) <= 20 * DOLLAR for s in capped["curve"]]
    earned = [int(step["revenue"]) for step in capped["curve"]]
    runner_up = [step["price"] for step in capped["curve"]].index(capped["runner_up"])
    assert int(capped["gap"]) == pytest.approx(earned[capped["step"]] - earned[runner_up], abs=1)
    assert int(capped["bindings"][0]["worth"]) == pytest.approx(max(earned) - earned[capped["step"]], abs=1)


def test_prices__problem_and_solution__prove_the_prices_to_anybody(prices: dict[str, Any], tmp_path):
    paths = tmp_path / "problem.json", tmp_path / "solution.json"
    for path in paths:
        path.write_text(json.dumps(prices[path.stem]))
    command = [sys.executable, "-I", ROOT / "docs" / "check_prices.py", *paths]
    checked = subprocess.run(command, check=False, capture_output=True)
    assert (checked.returncode, checked.stdout) == (0, b"optimal: proven\n")


def test_prices__quote__has_the_price_that_is_told(client: TestClient, prices: dict[str, Any], work: str):
    told = prices["prices"][3]
    asked = {"work": work, "tier": told["tier"], "segment": told["segment"]}
    quote = client.post("/v1/quotes", json=asked).json()
    assert (quote["price"], quote["explanation"]) == (told["amount"], told["sentence"])


def test_picture__of_a_price__is_an_svg_that_loads_and_runs_nothing(client: TestClient, work: str):
    answer = client.get(f"/v1/works/{work}/prices/commercial/individual/picture")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(answer.text).iter()}
    assert not tags & {"script", "image", "use", "a", "foreignObject"}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("0x" + "00" * 31 + "01/prices", 404, "unknown-work"),
        ("{work}/prices?currency=eip155:1/slip44:60", 404, "unknown-currency"),
        ("{work}/prices/exclusive/individual/picture", 404, "price-unknown"),
        ("{work}/prices/personal/nobody/picture", 404, "price-unknown"),
        ("nonsense/prices", 422, "request-invalid"),
    ],
)
def test_prices__cannot_be_told__problem_says_why(client: TestClient, work: str, path: str, status: int, code: str):
    answer = client.get(f"/v1/works/{path.format(work=work)}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_prices__work_that_may_not_be_quoted__refused(site: Site, client: TestClient):
    unsold = site.world.register(b"unsold", CREATOR)
    client.app.state.engine.services.advance()
    answer = client.get(f"/v1/works/0x{unsold:064x}/prices")
    assert (answer.status_code, answer.json()["code"]) == (409, "not-for-sale")
