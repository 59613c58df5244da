"""Four checks that the demo really performed; each asks the chain, the IPFS node or the API, not the demo's memory."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import httpx
from PIL import Image
from web3 import Web3

from scripts.demo.people import Json, Service
from scripts.demo.story import MEDIA, PHOTOGRAPH, Story
from scripts.stack import Stack

__all__ = ["Check", "run_checks"]

_ROOT: Final = Path(__file__).parents[2]
_AUDIT_SECONDS: Final = 120


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what was asked, and how each part of it ended."""

    question: str
    parts: tuple[tuple[str, bool], ...]

    @property
    def passed(self) -> bool:
        """Whether there was something to check and all of it held."""
        return bool(self.parts) and all(held for _, held in self.parts)


class _Chain(NamedTuple):
    web3: Web3
    contracts: dict[str, str]

    def ask(self, contract: str, signature: str, argument: int) -> bytes:
        data = bytes(Web3.keccak(text=signature)[:4]) + argument.to_bytes(32, "big")
        to = Web3.to_checksum_address(self.contracts[contract])
        return bytes(self.web3.eth.call({"to": to, "data": data}))


def run_checks(service: Service, stack: Stack, story: Story, folder: Path) -> list[Check]:
    """Check money, bytes, licences and duplicates."""
    deployment = json.loads(stack.deployment.read_text())
    chain = _Chain(service.web3, {name: at["address"] for name, at in deployment["contracts"].items()})
    return [
        Check("every wei, recomputed from raw logs alone, equals the balances", tuple(_money(stack))),
        Check(
            "every rendition and every master has the digest that was registered", tuple(_bytes(chain, stack, story))
        ),
        Check("every licence verifies on chain", tuple(_licences(chain, story))),
        Check(
            "a duplicate and a copy are refused, a part is flagged, another work passes",
            tuple(_copies(service, story, folder)),
        ),
    ]


def _money(stack: Stack) -> Iterator[tuple[str, bool]]:
    """The audit runs in a process of its own, which imports nothing of the services."""
    command = [sys.executable, "-m", "scripts.audit", "--json"]
    options = ["--rpc", stack.rpc_url, "--deployment", str(stack.deployment)]
    done = subprocess.run(
        [*command, *options], cwd=_ROOT, capture_output=True, text=True, check=False, timeout=_AUDIT_SECONDS
    )
    result = json.loads(done.stdout) if done.stdout else {"rows": [], "differences": [done.stderr[-500:]]}
    told = f"{len(result['rows'])} accounts' earnings, {len(result['differences'])} differences"
    yield told, done.returncode == 0 and bool(result["rows"])
    yield from ((difference, False) for difference in result["differences"])


def _bytes(chain: _Chain, stack: Stack, story: Story) -> Iterator[tuple[str, bool]]:
    """From the token's own URI to the metadata, from there to each rendition; masters from the service's vault."""
    for title, work in story.works.items():
        metadata = _fetch(stack.ipfs_url, _token_uri(chain, int(work["work"], 16)))
        described: Json = json.loads(metadata)
        for rendition in described["renditions"]:
            data = _fetch(stack.ipfs_url, rendition["cid"])
            held = _digest(data) == rendition["sha256"].removeprefix("0x") and len(data) == int(rendition["size"])
            yield f"{title}: {rendition['role']}, {len(data):,} bytes", held
        digest = work["work"].removeprefix("0x")
        master = (stack.deployment.parent / "masters" / digest).read_bytes()
        given = story.masters.get(title)
        yield (
            f"{title}: master, {len(master):,} bytes",
            _digest(master) == digest and (given is None or given.read_bytes() == master),
        )


def _licences(chain: _Chain, story: Story) -> Iterator[tuple[str, bool]]:
    for licence in story.licences:
        number = int(licence["licence"])
        live = int.from_bytes(chain.ask("Licensing", "isLive(uint256)", number), "big") == 1
        holder = Web3.to_checksum_address(chain.ask("Licensing", "ownerOf(uint256)", number)[12:32])
        yield f"licence {number}: live, held by {holder}", live and holder == licence["holder"]


def _copies(service: Service, story: Story, folder: Path) -> Iterator[tuple[str, bool]]:
    service.admit(story.people["Fay"])
    somebody = {"registrant": story.people["Fay"].address, "title": "Mine now"}
    same = service.upload("/v1/works", PHOTOGRAPH, somebody)
    yield _verdict("the same file", same), (same.status_code, same.json()["code"]) == (409, "work-registered")
    smaller = _smaller(folder / "smaller.jpg")
    copy = service.upload("/v1/works", smaller, somebody)
    yield _verdict("80 % of its size, JPEG q70", copy), (copy.status_code, copy.json()["code"]) == (409, "work-copied")
    part = service.upload("/v1/works", _part(folder / "part.jpg"), somebody)
    yield _verdict("seven tenths of it", part), (part.status_code, part.json()["code"]) == (409, "work-derived")
    other = service.upload("/v1/works/search", MEDIA / "rocket.jpg")
    yield f"another photograph: {other.json()['decision']}", other.json()["decision"] == "new"


def _smaller(path: Path) -> Path:
    """The photograph at 80 % of its size, as JPEG of quality 70."""
    photograph = Image.open(PHOTOGRAPH).convert("RGB")
    size = (photograph.width * 8 // 10, photograph.height * 8 // 10)
    photograph.resize(size).save(path, "JPEG", quality=70)
    return path


def _part(path: Path) -> Path:
    """The left seven tenths of the photograph."""
    photograph = Image.open(PHOTOGRAPH).convert("RGB")
    photograph.crop((0, 0, photograph.width * 7 // 10, photograph.height)).save(path, "JPEG", quality=80)
    return path


def _verdict(what: str, response: httpx.Response) -> str:
    return f"{what}: {response.status_code} {response.json().get('code', '')}"


def _token_uri(chain: _Chain, work: int) -> str:
    """CID in a work's tokenURI, `ipfs://` taken off."""
    answer = chain.ask("WorkRegistry", "tokenURI(uint256)", work)
    (uri,) = chain.web3.codec.decode(["string"], answer)
    return str(uri).removeprefix("ipfs://")


def _fetch(ipfs_url: str, cid: str) -> bytes:
    response = httpx.post(f"{ipfs_url}/api/v0/cat", params={"arg": cid}, timeout=60)
    return response.raise_for_status().content


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
