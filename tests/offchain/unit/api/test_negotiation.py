from __future__ import annotations

import pytest

from offchain.api.negotiation import preferred

FILE, CAR, RAW = OFFERS = ("image/png", "application/vnd.ipld.car", "application/vnd.ipld.raw")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", FILE),
        ("*/*", FILE),
        ("image/*", FILE),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", FILE),
        ("application/vnd.ipld.car", CAR),
        ("Application/VND.ipld.CAR; version=1; order=dfs", CAR),
        ("application/vnd.ipld.car, */*;q=0.1", CAR),
        ("application/vnd.ipld.raw;q=0.5, application/vnd.ipld.car;q=0.4", RAW),
        ("image/png, application/vnd.ipld.car;q=0.5", FILE),
        ("application/vnd.ipld.car;q=0, */*", FILE),
        ("image/png;q=0, */*;q=0.1", CAR),
        ("application/*", CAR),
        ("text/html", FILE),
        ("application/vnd.ipld.car;q=nan", FILE),
        ("application/vnd.ipld.car;q=.", FILE),
        (",;,", FILE),
    ],
)
def test_preferred__accept__gives_the_best_offer(accept, chosen):
    assert preferred(accept, OFFERS) == chosen
