"""`colophon verify` on what becomes of a published preview: untouched, re-saved, cropped, stretched, changed."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from offchain.storage import IpfsNode
from tests.offchain.e2e.cli.conftest import Cli


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hills of colour with some grain, 900 × 600 pixels, that no other test of this room registers."""
    chance, path = np.random.default_rng(22), tmp_path_factory.mktemp("masters") / "hills.png"
    hills = Image.fromarray(chance.integers(0, 256, (6, 9, 3), dtype=np.uint8))
    smooth = np.asarray(hills.resize((900, 600), Image.Resampling.BICUBIC), dtype=np.float64)
    Image.fromarray(np.clip(smooth + chance.normal(0, 6, smooth.shape), 0, 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture(scope="module")
def photo(cli: Cli, master: Path) -> str:
    """A work whose preview is large enough to be cut up."""
    options = ["--title", "Hills", "--as", 5, "--tier", "personal", "--listing", "commercial=9.00"]
    (item,) = cli.json("register", master, *options)["items"]
    return str(item["work"])


@pytest.fixture(scope="module")
def preview(cli: Cli, photo: str, ipfs_url: str) -> bytes:
    """What IPFS has of it."""
    metadata = cli.json("verify", photo)["metadata"]
    (rendition,) = [each for each in _fetched(ipfs_url, metadata)["renditions"] if each["role"] == "preview"]
    return IpfsNode(ipfs_url).fetch(rendition["cid"], 2**20)


def test_verify__preview_as_pinned__rendition_with_trusted_manifest_and_terms(cli, photo, preview, tmp_path):
    told = cli.json("verify", _file(tmp_path, preview))
    assert (told["verdict"], told["work"], told["mark"]) == ("rendition", photo, photo)
    manifest = told["manifest"]
    assert (manifest["state"], manifest["work"], manifest["problems"]) == ("trusted", photo, [])
    assert manifest["training"] == told["training"] == "notAllowed"
    assert [each.split()[0] for each in told["terms"]] == ["personal", "commercial"]
    assert manifest["licences"] == [each.split()[1] for each in told["terms"]]


def test_verify__preview_saved_again__marked_and_manifest_recovered(cli, photo, preview, tmp_path):
    """Re-encoding strips the manifest; the mark leads to the work, and the work to its manifest."""
    ended = cli("verify", _file(tmp_path, _jpeg(Image.open(BytesIO(preview)), 50)), "--json")
    told = ended.json
    assert (ended.status, told["verdict"], told["work"]) == (1, "marked", photo)
    assert told["manifest"] is None
    assert (told["published_manifest"]["state"], told["published_manifest"]["work"]) == ("trusted", photo)


def test_verify__preview_cropped_and_mirrored__marked(cli, photo, preview, tmp_path):
    image = Image.open(BytesIO(preview))
    part = image.crop((11, 7, image.width - 60, image.height - 30)).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    told = cli("verify", _file(tmp_path, _jpeg(part, 80)), "--json").json
    assert (told["verdict"], told["mark"]) == ("marked", photo)


def test_verify__preview_stretched__read_at_the_size_of_the_published_one(cli, photo, preview, tmp_path):
    image = Image.open(BytesIO(preview))
    stretched = image.resize((image.width * 5 // 4, image.height))
    told = cli("verify", _file(tmp_path, _jpeg(stretched, 90)), "--json").json
    assert (told["verdict"], told["mark"]) == ("marked", photo)


def test_verify__one_byte_of_the_preview_changed__manifest_is_invalid(cli, photo, preview, tmp_path):
    changed = bytearray(preview)
    changed[-300] ^= 1
    told = cli("verify", _file(tmp_path, bytes(changed)), "--json").json
    assert told["manifest"]["state"] == "invalid"
    assert told["verdict"] in ("marked", "near")


def test_verify__master__registered_and_unmarked(cli, photo, master):
    told = cli.json("verify", master)
    assert (told["verdict"], told["work"], told["mark"], told["manifest"]) == ("registered", photo, None, None)


def test_verify__preview_of_another_service__its_mark_and_manifest_mean_nothing_here(cli, photo, preview, tmp_path):
    """Another home has another mark key and trusts another authority."""
    told = cli("verify", _file(tmp_path, preview), "--json", COLOPHON_HOME=str(tmp_path / "home")).json
    assert (told["mark"], told["manifest"]["state"]) == (None, "valid")
    assert told["manifest"]["problems"] == ["signingCredential.untrusted"]


def _fetched(ipfs_url: str, cid: str) -> dict:
    return json.loads(IpfsNode(ipfs_url).fetch(cid, 2**18))


def _file(folder: Path, data: bytes) -> Path:
    path = folder / "found.jpg"
    path.write_bytes(data)
    return path


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()
