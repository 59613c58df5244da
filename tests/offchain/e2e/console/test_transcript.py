"""The console transcript that people read is run in a real `brownie console`, line by line, on a chain of its own."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pexpect
import pytest

from scripts.localnet import ROOT

README = ROOT / "README.md"
FIRST = ">>> from scripts.console import *"
SECONDS = 60
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def transcript() -> list[tuple[str, str]]:
    """Input lines, and what each must print; `…` stands for what varies."""
    text = README.read_text()
    block = text[text.index(FIRST) :].split("```")[0]
    starts = [match.start() for match in re.finditer("^>>> ", block, re.MULTILINE)] + [len(block)]
    pieces = [block[first:last].split("\n", 1) for first, last in pairwise(starts)]
    return [(line.removeprefix(">>> "), output.strip()) for line, output in pieces]


def agrees(wanted: str, printed: str) -> bool:
    pattern = ".+?".join(map(re.escape, wanted.split("…")))
    return re.fullmatch(pattern, printed) is not None


class Prompt:
    """A console at its prompt."""

    def __init__(self, child: pexpect.spawn) -> None:
        self._child = child

    def __call__(self, line: str) -> str:
        """What a line prints."""
        self._child.sendline(line)
        self._child.expect(re.escape(line))
        self._child.expect("\n>>> ")
        shown = ESCAPES.sub("", self._child.before).replace("\r", "")
        printed = "\n".join(each.rstrip() for each in shown.split("\n")).strip()
        # On a busy machine the terminal echoes the line before the console does.
        return printed.removeprefix(line).strip()


@contextmanager
def console() -> Iterator[Prompt]:
    """`brownie console` on a pseudo-terminal, with a fresh chain that ends with it."""
    child = pexpect.spawn(
        sys.executable,
        ["-m", "scripts.private_brownie", "console", "--network", "ganache-cli"],
        cwd=str(ROOT),
        env={**os.environ, "TERM": "dumb", "PYTHONUNBUFFERED": "1"},
        encoding="utf-8",
        timeout=SECONDS,
        dimensions=(60, 200),
    )
    try:
        child.expect(">>> ")
        yield Prompt(child)
        child.sendline("quit()")
        child.expect(pexpect.EOF)
    finally:
        child.close()
    assert child.exitstatus == 0


@pytest.fixture(scope="module")
def spoken() -> list[tuple[str, str, str]]:
    """Input, wanted output and printed output of every line, and of one mistake at the end."""
    with console() as prompt:
        said = [(line, wanted, prompt(line)) for line, wanted in transcript()]
        mistake = 'register("tests/data/chelsea.png", by=5)'
        return [*said, (mistake, "", prompt(mistake))]


def test_transcript__run_in_brownie_console__prints_what_it_shows(spoken):
    differing = [(line, wanted, printed) for line, wanted, printed in spoken[:-1] if not agrees(wanted, printed)]
    assert differing == []


def test_transcript__its_length__is_the_import_and_ten_lines():
    assert len(transcript()) == 11


def test_register__registered_file__error_tells_code_and_remedy(spoken):
    _, _, printed = spoken[-1]
    assert "this file is already registered (work-registered)" in printed
    assert "remedy  buy a licence from its holder" in printed


def test_agrees__ellipsis__stands_for_something():
    """The comparison itself can fail."""
    assert agrees("until …; paid $3.00", "until 2027-11-22; paid $3.00")
    assert not agrees("until …; paid $3.00", "until 2027-11-22; paid $3.01")
    assert not agrees("until …; paid $3.00", "until ; paid $3.00")
