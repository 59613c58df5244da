"""The committed OpenAPI document and the clients made from it: `make clients`; `--check` compares.

offchain/client/openapi.json              what the service says of itself
offchain/client/models.py                 its schemas as TypedDicts, by datamodel-code-generator
offchain/client/operations.py             its operations as methods
offchain/client/typescript/schema.d.ts    both as TypeScript types, by openapi-typescript
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from offchain.api.app import create_app
from offchain.config import load_settings

__all__ = ["CLIENT", "document", "main", "operations"]

ROOT: Final = Path(__file__).resolve().parents[1]
CLIENT: Final = ROOT / "offchain" / "client"

Schema: TypeAlias = Mapping[str, Any]

_JSON: Final = "application/json"
_EVENTS: Final = "text/event-stream"
_FORM: Final = "multipart/form-data"
_TYPES: Final = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_HEAD: Final = '''\
"""Every operation of the service; made by `make clients` from openapi.json, not to be edited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, Literal, cast
from urllib.parse import quote

from offchain.client import models
from offchain.client.transport import Request, Transport

__all__ = ["Operations"]


class Operations(Transport):
    """The service's operations, by their names in the OpenAPI document."""
'''


def main(arguments: list[str]) -> int:
    """Write, or compare; the exit status."""
    told = json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
    methods = operations(json.loads(told))
    if "--check" in arguments:
        stale = [
            name
            for name, text in (("openapi.json", told), ("operations.py", methods))
            if (CLIENT / name).read_text() != text
        ]
        if stale:
            print(
                f"error: {' and '.join(stale)} in offchain/client are not what the service says\n  remedy  make clients"
            )
        return 1 if stale else 0
    (CLIENT / "openapi.json").write_text(told)
    (CLIENT / "operations.py").write_text(methods)
    _models()
    _typescript()
    return 0


def document() -> dict[str, Any]:
    """The OpenAPI document of the service; nothing is opened to make it."""
    with tempfile.TemporaryDirectory() as home:
        return create_app(load_settings({"COLOPHON_HOME": home})).openapi()


def operations(told: Schema) -> str:
    """The Python source of every operation; formatted."""
    methods = [
        text
        for path, operations in told["paths"].items()
        for method, operation in operations.items()
        if method != "head"
        for text in _methods(path, method, _with_form(told, operation))
    ]
    return _formatted(_HEAD + "".join(methods))


def _with_form(told: Schema, operation: Schema) -> Schema:
    """The operation, with the schema of its form in the place of a reference to it."""
    form = operation.get("requestBody", {}).get("content", {}).get(_FORM)
    if form is None or "$ref" not in form["schema"]:
        return operation
    schema = told["components"]["schemas"][form["schema"]["$ref"].rpartition("/")[2]]
    return {**operation, "requestBody": {**operation["requestBody"], "content": {_FORM: {"schema": schema}}}}


def _methods(path: str, method: str, operation: Schema) -> Iterator[str]:
    """The method that gives JSON, and where other types can be had one that streams them."""
    media = _success(operation)
    others = [kind for kind in media if kind not in (_JSON, _EVENTS)]
    name = _snake(operation["operationId"])
    if _EVENTS in media:
        yield _method(name, "Iterator[models.JobOut]", (path, method, operation))
    elif _JSON in media:
        yield _method(name, _type(media[_JSON].get("schema", {})), (path, method, operation))
    elif method != "get":
        yield _method(name, "None", (path, method, operation))
    if others or (not media and method == "get"):
        yield _method(name + ("_as" if _JSON in media else ""), "Iterator[bytes]", (path, method, operation), others)


def _method(name: str, kind: str, place: tuple[str, str, Schema], accepts: Sequence[str] = ()) -> str:
    """One method.

    Args:
        name: of it.
        kind: what it returns.
        place: path, HTTP method and operation.
        accepts: media types among which its caller chooses.
    """
    path, method, operation = place
    told = operation.get("parameters", [])
    places = [each["name"] for each in told if each["in"] == "path"]
    queries = sorted((each for each in told if each["in"] == "query"), key=lambda each: not each.get("required"))
    parameters, sent = _body(operation)
    keywords = [_keyword(each) for each in queries]
    if queries:
        pairs = (_quoted(each["name"]) + ": " + _snake(each["name"]) for each in queries)
        sent.append(f"query={{{', '.join(pairs)}}}")
    if any(each["name"] == "Idempotency-Key" for each in told):
        keywords.append("idempotency_key: str | None = None")
        sent += ["keyed=True", "key=idempotency_key"]
    if len(accepts) > 1:
        keywords.insert(0, f"accept: Literal[{', '.join(map(_quoted, accepts))}] = {_quoted(accepts[0])}")
    signature = [
        "self",
        *(f"{_snake(each)}: str" for each in places),
        *parameters,
        *(["*"] if keywords else []),
        *keywords,
    ]
    request = f"Request({', '.join([_quoted(method.upper()), _path(path, places), *sent])})"
    about = operation.get("description", "").strip().partition("\n")[0]
    return (
        f"\n    def {name}({', '.join(signature)}) -> {kind}:\n"
        f'        """{about}"""\n'
        f"        {_statement(kind, request, accepts)}\n"
    )


def _statement(kind: str, request: str, accepts: Sequence[str]) -> str:
    if kind == "Iterator[bytes]":
        wanted = "" if not accepts else ", accept" if len(accepts) > 1 else f", {_quoted(accepts[0])}"
        return f"return self._stream({request}{wanted})"
    if kind == "None":
        return f"self._ask({request})"
    call = "_events" if kind.startswith("Iterator") else "_ask"
    return f"return cast({_quoted(kind)}, self.{call}({request}))"


def _body(operation: Schema) -> tuple[list[str], list[str]]:
    """Parameters for the request's body, and how they are passed on."""
    content = operation.get("requestBody", {}).get("content", {})
    if _JSON in content:
        needed = operation["requestBody"].get("required", False)
        kind = _type(content[_JSON]["schema"])
        return [f"body: {kind}" + ("" if needed else " | None = None")], ["body=body"]
    return _form(content[_FORM]["schema"]) if _FORM in content else ([], [])


def _form(schema: Schema) -> tuple[list[str], list[str]]:
    required = schema.get("required", [])
    fields = sorted(schema["properties"].items(), key=lambda field: field[0] not in required)
    parameters: list[str] = []
    sent: dict[str, list[str]] = {"form": [], "files": []}
    for name, field in fields:
        is_file, kind = _form_type(field)
        parameters.append(f"{name}: {kind}" if name in required else f"{name}: {kind} | None = None")
        sent["files" if is_file else "form"].append(f"{_quoted(name)}: {name}")
    return parameters, [f"{place}={{{', '.join(names)}}}" for place, names in sent.items() if names]


def _form_type(field: Schema) -> tuple[bool, str]:
    """Whether a field of a form is a file, and its type; a text that holds JSON is given as what it holds."""
    told = next((each for each in field.get("anyOf", []) if each.get("type") != "null"), field)
    if told.get("contentMediaType") == "application/octet-stream" or told.get("format") == "binary":
        return True, "tuple[str, IO[bytes]]"
    return False, _type(told.get("contentSchema", told))


def _keyword(parameter: Schema) -> str:
    kind = _type(parameter["schema"])
    if parameter.get("required"):
        return f"{_snake(parameter['name'])}: {kind}"
    return f"{_snake(parameter['name'])}: {kind if 'None' in kind else kind + ' | None'} = None"


def _type(schema: Schema) -> str:
    """A schema as a Python type."""
    if "$ref" in schema:
        return "models." + _class(schema["$ref"].rpartition("/")[2])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(_type(each) for each in schema[several]))
    if "enum" in schema or "const" in schema:
        return f"Literal[{', '.join(_quoted(each) for each in schema.get('enum', [schema.get('const')]))}]"
    if schema.get("type") == "array":
        return f"list[{_type(schema['items'])}]"
    if schema.get("type") == "object":
        return "dict[str, Any]"
    return _TYPES.get(schema.get("type", ""), "Any")


def _success(operation: Schema) -> Schema:
    return next(
        (answer.get("content", {}) for status, answer in operation["responses"].items() if status.startswith("2")), {}
    )


def _path(path: str, places: list[str]) -> str:
    for place in places:
        path = path.replace("{" + place + "}", "{quote(" + _snake(place) + ", safe='')}")
    return ("f" if places else "") + _quoted(path)


def _quoted(value: object) -> str:
    return json.dumps(value)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.replace("-", "_")).lower() + ("_" if name == "from" else "")


def _class(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))


def _formatted(source: str) -> str:
    ruff = [str(ROOT / ".venv" / "bin" / "ruff"), "format", "--stdin-filename", "offchain/client/operations.py", "-"]
    return subprocess.run(ruff, cwd=ROOT, input=source, capture_output=True, text=True, check=True).stdout


def _models() -> None:
    tool = ROOT / ".venv-tools" / "bin" / "datamodel-codegen"
    options = (
        "--input-file-type openapi --output-model-type typing.TypedDict --target-python-version 3.11 "
        "--use-standard-collections --use-union-operator --enum-field-as-literal all --collapse-root-models "
        "--disable-timestamp --use-schema-description --use-double-quotes --formatters builtin"
    )
    target = CLIENT / "models.py"
    subprocess.run([tool, "--input", CLIENT / "openapi.json", "--output", target, *options.split()], check=True)
    lines = target.read_text().splitlines()
    body = "\n".join(line for line in lines if not line.startswith("#")).strip()
    target.write_text(
        '"""The schemas of the service; made by `make clients` from openapi.json, not to be edited."""\n\n'
        + body
        + "\n"
    )
    subprocess.run([ROOT / ".venv" / "bin" / "ruff", "format", "--quiet", target], check=True)


def _typescript() -> None:
    tool = ROOT / "node_modules" / ".bin" / "openapi-typescript"
    target = CLIENT / "typescript" / "schema.d.ts"
    target.parent.mkdir(exist_ok=True)
    subprocess.run([tool, CLIENT / "openapi.json", "--output", target], check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
