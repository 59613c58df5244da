"""The page at /docs shows the whole document, loads nothing from anywhere, and cannot be made to run anything."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic import TypeAdapter
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from offchain.api.app import create_app
from offchain.api.documentation import page
from offchain.api.examples import example_of
from offchain.config import load_settings

LOADING = "script, iframe, object, embed, img, audio, video, source, base, form, meta[http-equiv], svg, link"
SHOP = "https://shop.example"


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    """Never started: what asks the store fails in a way that nobody foresaw."""
    return create_app(load_settings({"COLOPHON_HOME": str(tmp_path), "COLOPHON_CORS_ORIGINS": SHOP}))


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


@pytest.fixture
def shown(client: TestClient) -> HTMLParser:
    return HTMLParser(client.get("/docs").text)


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def text_of(shown: HTMLParser, anchor: str) -> str:
    """What stands under an anchor; exactly one thing does."""
    (found,) = shown.css(f'[id="{anchor}"]')
    return " ".join(found.text(separator=" ").split())


def test_docs__whatever_could_be_loaded__is_in_the_page_or_of_this_service(client: TestClient):
    text = client.get("/docs").text
    shown = HTMLParser(text)
    assert [each.attributes for each in shown.css(LOADING)] == [{"rel": "icon", "href": "data:,"}]
    for each in shown.css("*"):
        assert not {"src", "srcset", "style", "ping", "action"} & each.attributes.keys()
        assert not [name for name in each.attributes if name.startswith("on")]
        assert each.attributes.get("href", "#").startswith(("#", "data:,", "openapi.json"))
    (style,) = shown.css("style")
    assert not re.search(r"url\(|@import", style.text())


def test_docs__policy__allows_the_one_style_by_its_hash_and_nothing_else(client: TestClient):
    answer = client.get("/docs")
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


def test_docs__every_operation__is_told_with_parameters_schemas_and_problems(document: dict[str, Any], shown):
    for method, path, operation in operations(document):
        told = text_of(shown, operation["operationId"])
        assert told.startswith(f"{method} {path} {operation['operationId']} {operation['summary']}")
        for parameter in operation.get("parameters", []):
            assert parameter["name"] in told
        for status, answer in operation["responses"].items():
            assert f"{status} {' '.join(answer['description'].split())}".rstrip() in told
        for name in re.findall(r"#/components/schemas/(\w+)", json.dumps(operation)):
            assert f"schema-{name}" in {
                each.attributes["href"].removeprefix("#") for each in shown.css(f'[id="{operation["operationId"]}"] a')
            }


def test_docs__every_field_of_every_schema__is_told(document: dict[str, Any], shown: HTMLParser):
    for name, schema in document["components"]["schemas"].items():
        told = text_of(shown, f"schema-{name}")
        assert all(field in told for field in schema.get("properties", {}))


def test_docs__every_link__leads_somewhere(shown: HTMLParser):
    anchors = {each.attributes["id"] for each in shown.css("[id]")}
    linked = {each.attributes["href"] for each in shown.css("a")}
    assert {each[1:] for each in linked if each.startswith("#")} <= anchors
    assert "openapi.json" in linked


def test_docs__groups__are_the_tags_of_the_document(document: dict[str, Any], shown: HTMLParser):
    tags = {operation["tags"][0] for _, _, operation in operations(document)}
    assert {each.attributes["id"] for each in shown.css("h2") if each.attributes["id"].startswith("tag-")} == {
        f"tag-{tag}" for tag in tags
    }


def test_docs__narrow_and_dark_screens__are_thought_of(client: TestClient):
    text = client.get("/docs").text
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
    assert "prefers-color-scheme: dark" in text


def test_page__markup_in_every_text_of_the_document__stays_text(document: dict[str, Any]):
    evil = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>`<b>`"

    def spoilt(told: object, *, keep: bool = False) -> object:
        """Every text and name replaced, but for what gives the document its form."""
        if isinstance(told, dict):
            form = ("$ref", "type", "in")
            return {name: spoilt(each, keep=name in form) for name, each in told.items()}
        if isinstance(told, list):
            return [spoilt(each) for each in told]
        return told + evil if isinstance(told, str) and not keep else told

    told = spoilt(document)
    assert isinstance(told, dict)
    told["paths"] = {path + evil: methods for path, methods in told["paths"].items()}
    for methods in told["paths"].values():
        for operation in methods.values():
            operation["responses"] = {status + evil: each for status, each in operation["responses"].items()}
    for schema in told["components"]["schemas"].values():
        schema["properties"] = {name + evil: each for name, each in schema.get("properties", {}).items()}
    shown = HTMLParser(page(told))
    assert evil in shown.css("h3")[0].text()
    assert not shown.css("script, img, b")
    assert not [each for each in shown.css("*") if any(name.startswith("on") for name in each.attributes)]


def test_examples__of_requests__are_what_the_service_would_read(app: FastAPI, document: dict[str, Any]):
    routes = {route.operation_id: route for route in flat(app) if route.body_field is not None}
    tried = 0
    for _, _, operation in operations(document):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body is not None:
            example = example_of(body["schema"], document["components"]["schemas"])
            field = routes[operation["operationId"]].body_field
            assert field is not None
            TypeAdapter(field.field_info.annotation).validate_python(json.loads(json.dumps(example)))
            tried += 1
    assert tried > 10


def flat(app: FastAPI) -> list[APIRoute]:
    routers = [each.original_router for each in app.routes if hasattr(each, "original_router")]
    return [route for router in routers for route in router.routes if isinstance(route, APIRoute)]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/docs", {}, 200),
        ("GET", "/openapi.json", {}, 200),
        ("GET", "/redoc", {}, 404),
        ("GET", "/nothing", {}, 404),
        ("PUT", "/v1/works", {}, 405),
        ("POST", "/v1/quotes", {"Content-Type": "application/json"}, 422),
        ("OPTIONS", "/v1/quotes", {"Origin": SHOP, "Access-Control-Request-Method": "POST"}, 200),
        ("GET", "/v1/works", {}, 500),
    ],
)
def test_nosniff__whatever_is_answered__is_said_once(client: TestClient, method, path, headers, status: int):
    answer = client.request(method, path, headers=headers, content=b"{" if method == "POST" else None)
    assert answer.status_code == status
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]


def test_unforeseen__answer__names_the_request_that_its_remedy_asks_for(client: TestClient):
    answer = client.get("/v1/works", headers={"X-Request-ID": "a-request-of-mine"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert answer.headers["x-request-id"] == "a-request-of-mine"
