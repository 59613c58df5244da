"""The README's API example, run as it stands against a real stack; only the address differs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.localnet import ROOT
from scripts.stack import Stack


@pytest.fixture
def example(stack: Stack, tmp_path: Path) -> Path:
    """The one Python block of the README, pointed at our stack."""
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert "http://127.0.0.1:8000/v1" in block
    file = tmp_path / "example.py"
    file.write_text(block.replace("http://127.0.0.1:8000", stack.api_url))
    return file


def test_readme__api_in_five_calls__pays_the_creator_the_whole_price(example):
    done = subprocess.run([sys.executable, example], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    price, claimable = done.stdout.split()
    assert int(price) > 0
    assert claimable == price, "an original's only holder earns all of it"
