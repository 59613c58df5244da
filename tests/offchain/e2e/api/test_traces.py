"""Traces of a running service, as a collector receives them: names and codes, and nothing secret."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from offchain.api.app import create_app
from tests.offchain.site import ADA, Visitor, make_site


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """An OTLP receiver, and what it received."""
    received: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/traces"
            if self.headers.get("Content-Encoding") == "gzip":
                data = gzip.decompress(data)
            received.append(data)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", received
    server.shutdown()
    thread.join()
    server.server_close()


def spans(received: list[bytes]) -> list[Span]:
    found = [ExportTraceServiceRequest.FromString(data) for data in received]
    return [span for each in found for r in each.resource_spans for s in r.scope_spans for span in s.spans]


def told(span: Span) -> dict[str, str]:
    return {each.key: each.value.string_value or str(each.value.int_value) for each in span.attributes}


def test_traces__registration_drafted__a_span_a_request_step_and_chain_call_and_no_secret(
    chain_url: str, ipfs_url: str, tmp_path: Path, collector: tuple[str, list[bytes]]
):
    url, received = collector
    site = make_site(f"{chain_url}/?key=of-the-node", ipfs_url, tmp_path)
    with TestClient(create_app(replace(site.settings, otlp_url=url))) as client:
        ada = Visitor(site, client, ADA)
        job = ada.submit(b"A text whose draft is traced. " * 40, title="What nobody may read").json()["id"]
        ada.wait(job)
        ada.client.get("/v1/works", params={"q": "what-somebody-looks-for"})
        token = ada.client.headers["Authorization"].removeprefix("Bearer ")
    found = spans(received)
    by_id = {span.span_id: span for span in found}
    names = {span.name for span in found}
    assert {"listWorks", "getJob", "openSession", "chain"} <= names
    (listing,) = [span for span in found if span.name == "listWorks"]
    assert told(listing) == {"http.request.method": "GET", "http.response.status_code": "200"}
    steps = [span for span in found if told(span).get("workflow") == job]
    assert len(steps) >= 3
    calls = [span for span in found if span.name == "chain" and span.parent_span_id in {each.span_id for each in steps}]
    assert calls
    assert all(told(span)["rpc.method"].startswith("eth_") for span in calls)
    assert all(span.trace_id == by_id[span.parent_span_id].trace_id for span in calls)
    sent = b"".join(received)
    secrets = (token, "of-the-node", "what-somebody-looks-for", "What nobody may read", site.settings.relayer_key or "")
    assert not [secret for secret in secrets if secret.encode() in sent]
