"""Jobs over HTTP: one's own list, events that resume, and cancelling before the signature."""

from __future__ import annotations

from fastapi.testclient import TestClient

from tests.offchain.site import Visitor


def events(visitor: Visitor, job_id: str, last: str | None = None) -> list[tuple[str, str]]:
    """(id, data) of a job's events until the stream ends."""
    headers = {} if last is None else {"Last-Event-ID": last}
    with visitor.client.stream("GET", f"/v1/jobs/{job_id}/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["x-content-type-options"] == "nosniff"
        lines = [line.partition(": ")[::2] for line in answer.iter_lines() if ": " in line]
    ids, data = ([value for name, value in lines if name == kind] for kind in ("id", "data"))
    return list(zip(ids, data, strict=True))


def test_list_jobs__own_ones__in_pages_newest_first_and_nobody_elses(ada: Visitor, ben: Visitor, client: TestClient):
    ids = [ada.submit(f"listed {number} ".encode() * 30, title="Listed").json()["id"] for number in range(3)]
    for each in ids:
        ada.wait(each)
    first = ada.client.get("/v1/jobs", params={"limit": 2, "kind": "registration"})
    assert [each["id"] for each in first.json()["items"]] == [ids[2], ids[1]]
    assert first.links["next"]["url"].endswith(first.json()["next"])
    rest = ada.client.get("/v1/jobs", params={"limit": 2, "cursor": first.json()["next"]}).json()
    assert ([each["id"] for each in rest["items"]], rest["next"]) == ([ids[0]], None)
    assert ben.client.get("/v1/jobs").json() == {"items": [], "next": None}
    assert ada.client.get("/v1/jobs", params={"state": "done"}).json()["items"] == []
    assert client.get("/v1/jobs").status_code == 401
    assert ada.client.get("/v1/jobs", params={"cursor": "1; DROP TABLE jobs"}).json()["code"] == "cursor-malformed"


def test_stream_job__resumed_at_its_last_event__nothing_is_told_twice(ada: Visitor):
    job_id = ada.submit(b"streamed " * 40, title="Streamed").json()["id"]
    told = events(ada, job_id)
    assert '"awaiting-signature"' in told[-1][1]
    assert len({number for number, _ in told}) == len(told)
    assert events(ada, job_id, last=told[-1][0]) == []
    assert events(ada, job_id, last="of another life") == told[-1:]


def test_cancel__unsigned_registration__no_signature_counts_until_it_is_taken_up_again(ada: Visitor, ben: Visitor):
    job_id = ada.submit(b"cancelled " * 40, title="Cancelled").json()["id"]
    typed = ada.wait(job_id)["typed_data"]
    assert ben.client.post(f"/v1/jobs/{job_id}/cancel").status_code == 404
    assert ada.client.post(f"/v1/jobs/{job_id}/cancel").json()["state"] == "cancelled"
    signature = {"signature": ada.sign(typed)}
    refused = ada.client.post(f"/v1/jobs/{job_id}/signature", json=signature)
    assert (refused.status_code, refused.json()["code"]) == (409, "not-awaiting-signature")
    assert ada.client.post(f"/v1/jobs/{job_id}/retry").json()["state"] == "awaiting-signature"
    assert ada.client.post(f"/v1/jobs/{job_id}/signature", json=signature).status_code == 202
    ada.result(job_id)


def test_list_jobs__caller_names_another_host__the_link_leads_nowhere_else(ada: Visitor):
    """A cache or a proxy that keeps the answer would hand a stranger's address, and his token with it, to others."""
    for number in range(2):
        ada.submit(f"linked {number} ".encode() * 30, title="Linked")
    page = ada.client.get("/v1/jobs", params={"limit": 1, "kind": "registration"}, headers={"Host": "evil.example"})
    assert page.links["next"]["url"] == f"/v1/jobs?limit=1&kind=registration&cursor={page.json()['next']}"
