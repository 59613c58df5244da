"""The README's command lines, run as they stand against a real stack; only the abbreviated id is written out."""

import hashlib
import os
import re
import shlex
import subprocess

from scripts.localnet import ROOT
from scripts.stack import Stack

CHELSEA = ROOT / "tests" / "data" / "chelsea.png"
SHORT = re.compile(r"0x([0-9a-f]{8})…")


def commands(block: str) -> list[str]:
    """Lines of the shell block that begins with this command of the program."""
    (found,) = re.findall(rf"```sh\n(\.venv/bin/colophon {block} .*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return [line.split("#")[0].strip() for line in found.splitlines()]


def test_readme__command_lines__succeed_in_their_order(stack: Stack):
    work = hashlib.sha256(CHELSEA.read_bytes()).hexdigest()
    for line in commands("register"):
        for start in SHORT.findall(line):
            assert work.startswith(start)
        whole = SHORT.sub(f"0x{work}", line)
        done = subprocess.run(
            whole.split(),
            cwd=ROOT,
            env={**os.environ, **stack.environ},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, whole + done.stdout + done.stderr


def test_readme__generation__makes_a_piece_that_reproduces_replays_and_names_its_teachers(tmp_path):
    environment = {**os.environ, "COLOPHON_HOME": str(tmp_path / "home")}
    said = []
    for line in commands("generate"):
        program, *rest = shlex.split(line)
        done = subprocess.run(
            [str(ROOT / program), *rest],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, line + done.stdout + done.stderr
        said.append(done.stdout)
    assert {"piece.mid", "piece.mid.provenance.json", "piece.mid.wav", "piece.mid.png"} <= {
        path.name for path in tmp_path.iterdir()
    }
    assert "Bach" in said[-1]
