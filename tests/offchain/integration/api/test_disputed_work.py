"""A work tells whether its title is disputed, and which series of its shares earns now."""

from __future__ import annotations

import time
from typing import Any

from fastapi.testclient import TestClient

from tests.offchain.site import ADA, BEN, Site, Visitor


def told(client: TestClient, work: str, **expected: object) -> dict[str, Any]:
    """The work, once the service has read the chain that far; some seconds at most."""
    deadline = time.monotonic() + 30
    while True:
        out = client.get(f"/v1/works/{work}").json()
        if out.items() >= expected.items() or time.monotonic() > deadline:
            return out
        time.sleep(0.1)


def test_work__disputed_then_retitled__says_so(site: Site, client: TestClient, ada: Visitor):
    work = ada.register(b"whose is it " * 60, title="Whose")["work"]
    assert {name: told(client, work)[name] for name in ("disputed", "series")} == {"disputed": False, "series": 0}
    dispute = site.world.dispute(int(work, 16), 2, BEN)
    out = told(client, work, disputed=True)
    assert (out["disputed"], out["series"], out["holder"]) == (True, 0, site.address(ADA))
    site.world.rule(dispute, 2)
    out = told(client, work, disputed=False)
    assert (out["disputed"], out["series"], out["holder"]) == (False, 1, site.address(BEN))
