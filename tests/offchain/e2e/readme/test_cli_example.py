"""The README's command lines, run as they stand against a real stack; only the abbreviated id is written out."""

import hashlib
import os
import re
import subprocess

from scripts.localnet import ROOT
from scripts.stack import Stack

CHELSEA = ROOT / "tests" / "data" / "chelsea.png"
SHORT = re.compile(r"0x([0-9a-f]{8})…")


def commands() -> list[str]:
    """Lines of the shell block that names the program."""
    (block,) = re.findall(r"```sh\n(\.venv/bin/colophon .*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return [line.split("#")[0].strip() for line in block.splitlines()]


def test_readme__command_lines__succeed_in_their_order(stack: Stack):
    work = hashlib.sha256(CHELSEA.read_bytes()).hexdigest()
    for line in commands():
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
