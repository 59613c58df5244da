"""`docs/errors.md`: every error code that the sources raise: `make errors`; `--check` compares.

Codes are read from the sources themselves, so that none is missing and none is listed that nobody raises.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from offchain import errors
from offchain.api.problems import HTTP_PROBLEMS, STATUSES
from offchain.chain.revert_words import WORDS
from offchain.chain.reverts import code_of
from offchain.errors import ColophonError

__all__ = ["PAGE", "Told", "main", "page", "told_errors"]

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "errors.md"

_KINDS: Final = {name: getattr(errors, name) for name in errors.__all__}
_ORDER: Final = ("InputError", "NotFoundError", "RefusedError", "DeniedError", "UnavailableError", "ColophonError")
_HEAD: Final = """\
# Errors

Every error has a stable code, a message and a remedy. The API answers with a problem (RFC 9457) of type
`urn:colophon:error:CODE`, the clients raise it as a typed exception, the command line prints it and exits with the code
of its kind. `…` and `{…}` stand for what only the moment knows; a code under two headings comes with either status, one
with several rows has a remedy for each case.
Made from the sources by `make errors`.
"""


class Told(NamedTuple):
    """One error as the sources tell it."""

    kind: type[ColophonError]
    code: str
    message: str
    remedy: str


def main(arguments: list[str]) -> int:
    """Write, or compare; the exit status."""
    text = page(told_errors())
    if "--check" in arguments:
        if PAGE.read_text() == text:
            return 0
        print("error: docs/errors.md is not what the sources raise\n  remedy  make errors", file=sys.stderr)
        return 1
    PAGE.write_text(text)
    return 0


def told_errors() -> list[Told]:
    """Every error, by code; each kind and code once, or once for each of its remedies."""
    found = [*_raised(), *_reverts(), *_of_http()]
    first = {(each.kind, each.code, each.remedy): each for each in reversed(found)}.values()
    known = {(each.kind, each.code) for each in first if each.remedy != "…"}
    kept = (each for each in reversed(first) if each.remedy != "…" or (each.kind, each.code) not in known)
    return sorted(kept, key=lambda each: each.code)


def page(told: Iterable[Told]) -> str:
    """The page in Markdown."""
    by_kind: dict[str, list[Told]] = {name: [] for name in _ORDER}
    for each in told:
        by_kind[each.kind.__name__].append(each)
    return _HEAD + "".join(_section(_KINDS[name], members) for name, members in by_kind.items() if members)


def _section(kind: type[ColophonError], members: list[Told]) -> str:
    title = (
        "Unforeseen, or too often"
        if kind is ColophonError
        else (kind.__doc__ or "").partition("\n")[0].rstrip(".").split(";")[0]
    )
    lines = [f"\n## {title}: HTTP {kind.http_status}, exit {kind.exit_code}\n", "| code | says | do |", "|---|---|---|"]
    for each in members:
        status = STATUSES.get(each.code)
        code = f"`{each.code}`" + (f" ({status})" if status else "")
        lines.append(f"| {code} | {_cell(each.message)} | {_cell(each.remedy)} |")
    return "\n".join(lines) + "\n"


def _raised() -> Iterator[Told]:
    for file in sorted((ROOT / "offchain").rglob("*.py")):
        tree = ast.parse(file.read_text())
        named = _constants(tree)
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        makers = {
            made.name: made for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for made in _makers(node)
        }
        for call in calls:
            name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            if name in _KINDS:
                yield from _of_code(_KINDS[name], [_text(each, named) for each in call.args[:3]])
            elif name in makers:
                yield from _of_code(makers[name].kind, [_text(each, named) for each in makers[name].words(call.args)])


def _of_code(kind: type[ColophonError], words: list[str]) -> Iterator[Told]:
    """The error, unless its code is another error's, handed on."""
    if len(words) == 3 and words[0] != "…":
        yield Told(kind, *words)


class _Maker(NamedTuple):
    """A function that makes an error of a code that it is given."""

    name: str
    parameters: list[str]
    kind: type[ColophonError]
    told: list[ast.expr]

    def words(self, given: list[ast.expr]) -> list[ast.expr]:
        """What the error says when the function is called with these arguments."""
        filled = dict(zip(self.parameters, given, strict=False))
        return [filled.get(each.id, each) if isinstance(each, ast.Name) else each for each in self.told]


def _makers(function: ast.FunctionDef) -> Iterator[_Maker]:
    parameters = [each.arg for each in function.args.args if each.arg != "self"]
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _KINDS and node.args:
            code = node.args[0]
            if isinstance(code, ast.Name) and code.id in parameters:
                yield _Maker(function.name, parameters, _KINDS[node.func.id], node.args[:3])


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    """Values of the names that a file assigns on its first level."""
    return {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }


def _text(node: ast.expr, named: dict[str, ast.expr]) -> str:
    """A text as far as the source knows it; `…` for the rest."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(value, named) for value in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left, named) + _text(node.right, named)
    known = named.get(node.id) if isinstance(node, ast.Name) else None
    return _text(known, {}) if known is not None else "…"


def _reverts() -> Iterator[Told]:
    for name, words in WORDS.items():
        yield Told(words.kind, code_of(name), words.message, words.remedy)


def _of_http() -> Iterator[Told]:
    for code, remedy in HTTP_PROBLEMS.values():
        yield Told(errors.InputError, code, "the request itself is wrong", remedy)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
