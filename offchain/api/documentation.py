"""The page at `/docs`: the OpenAPI document as HTML, made here. It loads nothing and runs nothing.

The policy that is sent with it forbids both to a browser, so that a text of the document that were not escaped could do
no harm either; its one style is allowed by the hash of its bytes (Content Security Policy Level 3, section 2.3.1).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html import escape
from typing import Any, Final, TypeAlias

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from offchain.api.examples import example_of

__all__ = ["POLICY", "install_documentation", "page"]

Schema: TypeAlias = Mapping[str, Any]

_STYLE: Final = """
:root { color-scheme: light dark;
  --ink: #1b1b1f; --dim: #5b5b66; --paper: #fff; --wash: #f3f3f6; --line: #d9d9e0; --link: #1a4fb4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6ea; --dim: #a2a2ae; --paper: #16161a; --wash: #222228; --line: #3a3a44; --link: #8db4ff; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); }
h1, h2, h3, h4 { line-height: 1.25; margin: 1.5em 0 .5em; }
h2 { border-bottom: 1px solid var(--line); padding-bottom: .25em; }
h3 { margin-top: 2.25em; }
h4 { margin-top: 1em; font-size: .875rem; color: var(--dim); }
code, pre { font-family: ui-monospace, monospace; font-size: .875em; }
code { background: var(--wash); border-radius: .2em; padding: .1em .25em; }
pre { background: var(--wash); border-radius: .3em; padding: .75em; overflow-x: auto; }
ul { padding-left: 1.25rem; }
nav ul { columns: 18rem; list-style: none; padding: 0; }
.fields li { margin: .3em 0; }
.method { display: inline-block; min-width: 4.5em; font-weight: 700; }
.dim { color: var(--dim); }
:target { scroll-margin-top: 1rem; background: var(--wash); }
@media print { nav { display: none; } }
"""

POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_CODE: Final = re.compile(r"`([^`]+)`")
_LIMITS: Final = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "pattern": "matches {}",
}


def install_documentation(app: FastAPI) -> None:
    """Serve the page; it is made when somebody first asks."""

    @cache
    def made() -> str:
        return page(app.openapi())

    @app.get("/docs", operation_id="docs", include_in_schema=False, response_class=HTMLResponse)
    def docs() -> HTMLResponse:
        """What the service can be asked, for people."""
        return HTMLResponse(made(), headers={"Content-Security-Policy": POLICY})


def page(told: Schema) -> str:
    """The page that shows an OpenAPI document of version 3.1."""
    info, schemas = told["info"], told["components"]["schemas"]
    groups = _grouped(told)
    title = f"{escape(info['title'])} {escape(info['version'])}"
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<title>{title}</title>\n<link rel="icon" href="data:,">\n<style>{_STYLE}</style>\n</head>\n<body>',
            f"<h1>{title}</h1>\n<p>{escape(info.get('summary', ''))}.</p>\n{_prose(info.get('description', ''))}",
            '<p>The same for programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>',
            _contents(groups),
            _signing_in(told["components"].get("securitySchemes", {})),
            *(_group(tag, operations, schemas) for tag, operations in groups.items()),
            '<h2 id="schemas">Schemas</h2>',
            *(_schema(name, schemas) for name in sorted(schemas, key=_shown)),
            "</body>\n</html>\n",
        ]
    )


def _grouped(told: Schema) -> dict[str, list[tuple[str, str, Schema]]]:
    """Method, path and operation, by tag, in the document's order."""
    groups: dict[str, list[tuple[str, str, Schema]]] = {}
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            groups.setdefault(operation.get("tags", ["other"])[0], []).append((method.upper(), path, operation))
    return groups


def _contents(groups: Mapping[str, Iterable[tuple[str, str, Schema]]]) -> str:
    parts = []
    for tag, operations in groups.items():
        links = "".join(
            f'<li><a href="#{escape(operation["operationId"])}">{escape(operation["operationId"])}</a></li>'
            for _, _, operation in operations
        )
        parts.append(f'<h4><a href="#tag-{escape(tag)}">{escape(tag)}</a></h4><ul>{links}</ul>')
    return f'<nav aria-label="operations">{"".join(parts)}<p><a href="#schemas">Schemas</a></p></nav>'


def _signing_in(schemes: Schema) -> str:
    lines = "".join(
        f"<li><code>{escape(name)}</code> ({escape(each['type'])} {escape(each.get('scheme', ''))}): "
        f"{_line(each.get('description', ''))}</li>"
        for name, each in schemes.items()
    )
    return f'<h2 id="security">Who calls</h2><ul>{lines}</ul>' if lines else ""


def _group(tag: str, operations: Iterable[tuple[str, str, Schema]], schemas: Schema) -> str:
    shown = "\n".join(_operation(method, path, operation, schemas) for method, path, operation in operations)
    return f'<h2 id="tag-{escape(tag)}">{escape(tag)}</h2>\n{shown}'


def _operation(method: str, path: str, operation: Schema, schemas: Schema) -> str:
    name, summary = operation["operationId"], operation.get("summary", "")
    required = [scheme for each in operation.get("security", []) for scheme in each]
    caller = f'<p class="dim">Caller: <a href="#security">{escape(", ".join(required))}</a>.</p>' if required else ""
    return "\n".join(
        [
            f'<section id="{escape(name)}">',
            f'<h3><span class="method">{escape(method)}</span> <code>{escape(path)}</code></h3>',
            f'<p><a href="#{escape(name)}"><code>{escape(name)}</code></a> {escape(summary)}</p>',
            _prose(operation.get("description", "")),
            caller,
            _parameters(operation.get("parameters", [])),
            _request(operation.get("requestBody", {}), schemas),
            _answers(operation["responses"], schemas),
            _problems(operation["responses"]),
            "</section>",
        ]
    )


def _parameters(parameters: Iterable[Schema]) -> str:
    lines = [
        _field(each["name"], {"description": "", **each, **each["schema"]}, each["in"], required=each.get("required"))
        for each in parameters
    ]
    return f'<h4>Parameters</h4><ul class="fields">{"".join(lines)}</ul>' if lines else ""


def _request(body: Schema, schemas: Schema) -> str:
    if not body:
        return ""
    needed = "" if body.get("required") else " (optional)"
    return f"<h4>Request{needed}</h4>{_content(body['content'], schemas)}"


def _answers(responses: Schema, schemas: Schema) -> str:
    good = "".join(
        f"<p><code>{escape(status)}</code> {_line(each.get('description', ''))}</p>"
        f"{_content(each.get('content', {}), schemas)}"
        for status, each in responses.items()
        if status[0] in "23"
    )
    return f"<h4>Answers</h4>{good}"


def _problems(responses: Schema) -> str:
    """Statuses of what may go wrong; `code`, `remedy` and `facts` of a problem tell which it is."""
    lines = "".join(
        f"<li><code>{escape(status)}</code> {_line(each.get('description', ''))}{_schemas_of(each)}</li>"
        for status, each in responses.items()
        if status[0] in "45"
    )
    return f"<details><summary>Problems</summary><ul>{lines}</ul></details>" if lines else ""


def _schemas_of(answer: Schema) -> str:
    kinds = dict.fromkeys(_kind(each["schema"]) for each in answer.get("content", {}).values() if "schema" in each)
    return "".join(f" · {kind}" for kind in kinds)


def _content(content: Schema, schemas: Schema) -> str:
    parts = []
    for media, each in content.items():
        schema = each.get("schema")
        kind = "" if schema is None else f": {_kind(schema)}"
        parts.append(f"<p><code>{escape(media)}</code>{kind}</p>")
        if media == "application/json" and schema is not None:
            parts.append(_example(schema, schemas))
    return "".join(parts)


def _example(schema: Schema, schemas: Schema) -> str:
    text = json.dumps(example_of(schema, schemas), indent=2, ensure_ascii=False)
    return f"<details><summary>Example</summary><pre>{escape(text)}</pre></details>"


def _schema(name: str, schemas: Schema) -> str:
    schema = schemas[name]
    required = schema.get("required", [])
    fields = "".join(
        _field(field, each, required=field in required) for field, each in schema.get("properties", {}).items()
    )
    shown = f'<ul class="fields">{fields}</ul>' if fields else f"<p>{_kind(schema)}</p>"
    about = _prose(schema.get("description", ""))
    return (
        f'<section id="schema-{escape(name)}"><h3>{escape(_shown(name))}</h3>{about}{shown}'
        f"{_example(schema, schemas)}</section>"
    )


def _field(name: str, schema: Schema, place: str = "", *, required: bool | None = False) -> str:
    notes = [each for each in (place, "required" if required else "", *_limits(schema)) if each]
    about = schema.get("description", "")
    told = f": {_line(about)}" if about else ""
    return (
        f"<li><code>{escape(name)}</code> {_kind(schema)} "
        f'<span class="dim">{escape(" · ".join(notes))}</span>{told}</li>'
    )


def _limits(schema: Schema) -> Iterator[str]:
    """What a value must keep, in words; of a choice of kinds, that of each."""
    for each in (schema, *schema.get("anyOf", [])):
        yield from (text.format(each[name]) for name, text in _LIMITS.items() if name in each)
    if schema.get("default") is not None:
        yield f"default {json.dumps(schema['default'], ensure_ascii=False)}"


def _kind(schema: Schema) -> str:
    """A schema's type, as HTML; named ones are links."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#schema-{escape(name)}">{escape(_shown(name))}</a>'
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " or ".join(dict.fromkeys(map(_kind, schema[choice])))
    if "contentSchema" in schema:
        return f"JSON of {_kind(schema['contentSchema'])}"
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " or ".join(f"<code>{escape(json.dumps(each, ensure_ascii=False))}</code>" for each in values)
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return escape("bytes" if "contentMediaType" in schema else str(schema.get("type", "anything")))


def _shown(name: str) -> str:
    """A schema's name for people: where two modules share one, it says whose it is."""
    return name.rpartition("schemas__")[2].replace("__", ".")


def _prose(text: str) -> str:
    return "".join(f"<p>{_line(part)}</p>" for part in text.split("\n\n") if part.strip())


def _line(text: str) -> str:
    """A text of the document: escaped, what stands between backticks as code."""
    return _CODE.sub(_coded, escape(text.strip()))


def _coded(found: re.Match[str]) -> str:
    return f"<code>{found[1]}</code>"
