"""The README's examples of the API, run as they stand against a real stack; only the address differs."""

import re
import subprocess
import sys
from pathlib import Path

from scripts.localnet import ROOT
from scripts.stack import Stack

LOCAL = "http://127.0.0.1:8000"
COMPILED = "--strict --target es2022 --lib es2022,dom --module nodenext --moduleResolution nodenext --skipLibCheck"


def block(language: str, stack: Stack) -> str:
    """The one block of a language, pointed at our stack."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert LOCAL in found
    return found.replace(LOCAL, stack.api_url)


def test_readme__api_in_five_calls__pays_the_creator_the_whole_price(stack: Stack, tmp_path: Path):
    example = tmp_path / "example.py"
    example.write_text(block("python", stack))
    done = subprocess.run([sys.executable, example], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    price, claimable = done.stdout.split()
    assert int(price) > 0
    assert claimable == price, "an original's only holder earns all of it"


def test_readme__typescript__compiles_strictly_and_lists_what_was_registered(stack: Stack):
    folder = ROOT / "build" / "typescript"
    folder.mkdir(parents=True, exist_ok=True)
    example = folder / "example.ts"
    example.write_text(block("ts", stack).replace("./offchain", "../../offchain"))
    (folder / "package.json").write_text('{"type": "module"}')
    compiler = ROOT / "node_modules" / ".bin" / "tsc"
    compiled = subprocess.run(
        [compiler, *COMPILED.split(), "--rootDir", ROOT, "--outDir", folder / "out", example],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert compiled.returncode == 0, compiled.stdout
    (folder / "out" / "package.json").write_text('{"type": "module"}')
    made = folder / "out" / "build" / "typescript" / "example.js"
    done = subprocess.run(["node", made], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^Rocket 0x90F79bf6EB2c4f870365E785982E1f101E93b906$", done.stdout, re.MULTILINE)
