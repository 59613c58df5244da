"""`search --exhibit`, `watch` and `cases`: from a copy that lies about to a dispute that cites the evidence."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from io import BytesIO
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from multiformats import multibase
from PIL import Image

from offchain.chain.disputes import Remedy
from offchain.storage import IpfsNode
from offchain.storage.canonical import MAX_SIZE, canonical_json
from scripts.localnet import ROOT
from tests.offchain.e2e.cli.conftest import DATA, Cli
from tests.offchain.serving import answering, serving

HOLDER, OTHER = 8, 9
"""Accounts that nothing else in this room registers with."""

NOVEL = (DATA / "alice-in-wonderland-1.txt").read_text("utf-8")


@pytest.fixture(scope="module")
def rocket(cli: Cli) -> str:
    (item,) = cli.json("register", DATA / "rocket.jpg", "--title", "Rocket", "--as", HOLDER)["items"]
    return str(item["work"])


@pytest.fixture(scope="module")
def novel(cli: Cli) -> str:
    (item,) = cli.json("register", DATA / "alice-in-wonderland-1.txt", "--title", "Alice", "--as", HOLDER)["items"]
    return str(item["work"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, rocket: str, novel: str) -> Path:
    """A copy, an excerpt, something else, a master, a file that is no medium, a link, a pipe."""
    folder = tmp_path_factory.mktemp("watched")
    (folder / "deep").mkdir()
    photograph = Image.open(DATA / "rocket.jpg")
    photograph.resize((480, 320)).save(folder / "deep" / "small.png")
    (folder / "chapter.md").write_text(NOVEL[2_000:9_000], "utf-8")
    (folder / "pride.txt").write_bytes((DATA / "pride-and-prejudice-1.txt").read_bytes())
    (folder / "rocket.jpg").write_bytes((DATA / "rocket.jpg").read_bytes())
    (folder / "hostile.png").write_bytes((DATA / "chelsea.png").read_bytes()[:5_000])
    (folder / "link.jpg").symlink_to(DATA / "rocket.jpg")
    os.mkfifo(folder / "pipe.jpg")
    return folder


@pytest.fixture(scope="module")
def first_scan(cli: Cli, folder: Path) -> dict[str, Any]:
    dry = cli.json("watch", folder, "--as", HOLDER, "--dry-run")
    told = cli.json("watch", folder, "--as", HOLDER)
    assert dry["outcomes"] == told["outcomes"]
    assert dry["opened"] == 0
    assert cli.json("cases", "--as", OTHER)["cases"] == []
    return told


def _evidence(ipfs_url: str, case: dict[str, Any]) -> dict[str, Any]:
    data = IpfsNode(ipfs_url).fetch(case["evidence"].removeprefix("ipfs://"), MAX_SIZE)
    document: dict[str, Any] = json.loads(data)
    assert canonical_json(document) == data
    return document


def test_search__image_with_exhibit__writes_both_side_by_side(cli, rocket, folder, tmp_path):
    out = tmp_path / "exhibit.png"
    told = cli.json("search", folder / "deep" / "small.png", "--exhibit", out)
    assert told["matches"][0]["work"] == rocket
    assert told["exhibit"] == {"file": str(out), "media_type": "image/png"}
    picture = Image.open(out)
    # 480 × 320 and 640 × 427 are both drawn 480 high, with 16 pixels between them.
    assert picture.size == (round(480 * 480 / 320) + 16 + round(640 * 480 / 427), 480)


def test_search__excerpt_with_exhibit__quotes_both(cli, novel, folder, tmp_path):
    out = tmp_path / "exhibit.md"
    told = cli.json("search", folder / "chapter.md", "--exhibit", out)
    assert told["matches"][0]["work"] == novel
    quoted = [line.strip() for line in out.read_text("utf-8").splitlines() if line.startswith("    ")]
    half = len(quoted) // 2
    assert half > 10
    assert quoted[:half] == quoted[half:]


def test_search__nothing_matches_with_exhibit__says_so_and_writes_nothing(cli, rocket, folder, tmp_path):
    out = tmp_path / "exhibit.md"
    ended = cli("search", folder / "pride.txt", "--exhibit", out, "--json")
    assert (ended.status, ended.json["code"]) == (2, "no-exhibit")
    assert not out.exists()


def test_watch__folder__opens_a_case_for_each_copy_and_names_what_it_skipped(first_scan, rocket, novel):
    seen = {each["where"]: each for each in first_scan["sightings"]}
    assert {name: each["outcome"] for name, each in seen.items()} == {
        "small.png": "copy",
        "chapter.md": "copy",
        "rocket.jpg": "own",
        "hostile.png": "skipped",
    }
    assert first_scan["outcomes"] == {"copy": 2, "nothing": 1, "own": 1, "skipped": 1}
    assert seen["hostile.png"]["error"]["code"] == "image-malformed"
    assert [case["work"] for case in seen["small.png"]["cases"]] == [rocket]
    assert [case["work"] for case in seen["chapter.md"]["cases"]] == [novel]
    assert first_scan["opened"] == 2


def test_watch__again__looks_at_nothing_and_opens_nothing(cli, first_scan, folder):
    again = cli.json("watch", folder, "--as", HOLDER)
    assert (again["outcomes"], again["opened"]) == ({"unchanged": 5}, 0)


def test_watch__copy_touched_and_copied_elsewhere__no_second_case(cli, first_scan, folder, tmp_path):
    copy = tmp_path / "other.png"
    copy.write_bytes((folder / "deep" / "small.png").read_bytes())
    again = cli.json("watch", copy, "--as", HOLDER)
    (seen,) = again["sightings"]
    assert (seen["outcome"], again["opened"]) == ("copy", 0)
    (first,) = [each for each in first_scan["sightings"] if each["where"] == "small.png"]
    assert seen["cases"] == first["cases"]


def test_watch__case__evidence_is_canonical_and_tells_no_path(cli, first_scan, folder, rocket, ipfs_url):
    found = (folder / "deep" / "small.png").read_bytes()
    (case,) = [each for each in cli.json("cases", "--as", HOLDER)["cases"] if each["work"] == rocket]
    told = _evidence(ipfs_url, case)
    title = cli.world.contracts.registry.title(int(rocket, 0))
    assert told["work"]["priorityAt"] == title.priority_at
    assert (told["holder"], told["chainId"]) == (cli.world.accounts[HOLDER], 1337)
    assert told["registry"] == cli.world.contracts.registry.address
    receipt = cli.world.client.w3.eth.get_transaction_receipt(told["work"]["transaction"])
    registered = [each for each in cli.world.contracts.decode(receipt["logs"]) if each.name == "WorkRegistered"]
    assert [int(each.args["work"]) for each in registered] == [int(rocket, 0)]
    assert told["found"]["file"] == "small.png"
    assert told["found"]["sha256"] == "0x" + hashlib.sha256(found).hexdigest()
    assert (told["found"]["size"], told["found"]["mediaType"]) == (len(found), "image/png")
    assert str(folder) not in json.dumps(told)
    assert str(folder.parent) not in json.dumps(told)
    assert told["match"]["work"] == rocket


def test_watch__case__exhibit_is_what_its_hashes_say(cli, first_scan, rocket, ipfs_url):
    (case,) = [each for each in cli.json("cases", "--as", HOLDER)["cases"] if each["work"] == rocket]
    told = _evidence(ipfs_url, case)
    exhibit = IpfsNode(ipfs_url).fetch(case["exhibit"].removeprefix("ipfs://"), 2**22)
    digest = hashlib.sha256(exhibit).digest()
    assert Image.open(BytesIO(exhibit)).format == "PNG"
    assert (told["fileURI"], told["fileTypeExtension"]) == (case["exhibit"], "png")
    # multihash: 0x12 is sha2-256, 0x20 its length
    assert multibase.decode("z" + told["fileHash"]) == b"\x12\x20" + digest
    assert told["exhibits"][0]["sha256"] == "0x" + digest.hex()


def test_watch__case_of_a_text__quotes_no_more_than_a_preview_may(cli, first_scan, novel, ipfs_url):
    (case,) = [each for each in cli.json("cases", "--as", HOLDER)["cases"] if each["work"] == novel]
    exhibit = IpfsNode(ipfs_url).fetch(case["exhibit"].removeprefix("ipfs://"), 2**20).decode()
    there = exhibit.split("In the registered work")[1]
    quoted = " ".join(line for line in there.splitlines() if line.startswith("    ")).split()
    assert 60 < len(quoted) <= 120


def test_watch__case__is_evidence_that_a_dispute_takes(cli, first_scan, rocket):
    (case,) = [each for each in cli.json("cases", "--as", HOLDER)["cases"] if each["work"] == rocket]
    disputes = cli.world.contracts.disputes
    work = cli.world.register(b"infringing", OTHER)
    call = disputes.open(work, Remedy.DIVERT, case["evidence"], sum(disputes.cost(work)))
    events = cli.world.contracts.decode(cli.world.send(call, HOLDER)["logs"])
    assert [each.args["_evidence"] for each in events if each.name == "Evidence"] == [case["evidence"]]


def test_watch__registered_by_another_elsewhere__its_preview_makes_a_case(cli, novel, tmp_path):
    """With another home this machine has no master of either work."""
    excerpt = tmp_path / "tale.txt"
    excerpt.write_text(NOVEL[1_000:10_000], "utf-8")
    (item,) = cli.json("register", excerpt, "--title", "A tale", "--as", OTHER, "--acknowledge-similar")["items"]
    told = cli("watch", "--registered", "--as", HOLDER, "--json", COLOPHON_HOME=str(tmp_path / "home")).json
    (seen,) = [each for each in told["sightings"] if each["where"] == item["work"]]
    assert (seen["kind"], seen["outcome"]) == ("work", "copy")
    assert [case["work"] for case in seen["cases"]] == [novel]


def test_watch__registered_under_a_licence__no_case(cli, photograph, poster):
    told = cli.json("watch", "--registered", "--as", 3, "--dry-run")
    seen = {each["where"]: each for each in told["sightings"]}
    assert seen[poster]["outcome"] == "licensed"
    assert [match["work"] for match in seen[poster]["matches"]] == [photograph]


def test_watch__registered_earlier_than_ones_own__no_case(cli, photograph, poster):
    told = cli.json("watch", "--registered", "--as", 4, "--dry-run")
    seen = {each["where"]: each["outcome"] for each in told["sightings"]}
    assert seen[photograph] == "earlier"


def test_watch__holder_registers_another_work__files_are_looked_at_again(cli, first_scan, folder):
    cli.json("register", DATA / "pride-and-prejudice-1.txt", "--as", HOLDER)
    told = cli.json("watch", folder, "--as", HOLDER)
    assert told["outcomes"] == {"copy": 2, "own": 2, "skipped": 1}
    assert told["opened"] == 0


def test_watch__feed__copy_and_master_are_cases_and_what_must_not_be_asked_is_named(cli, first_scan, folder, rocket):
    """The copy is known from the folder; a master that a feed hands out is a copy like any other."""
    files = {"/small.png": folder / "deep" / "small.png", "/rocket.jpg": folder / "rocket.jpg"}
    urls = [*files, "file:///etc/passwd", "http://localhost:1/private.png"]
    items = "".join(f"<item><enclosure url='{url}'/></item>" for url in urls)
    feed = f"<rss><channel>{items}</channel></rss>"
    answers = {"/feed": feed.encode(), **{path: file.read_bytes() for path, file in files.items()}}
    with serving(answering(answers)) as url:
        told = cli.json("watch", f"{url}/feed", "--as", HOLDER)
        again = cli.json("watch", f"{url}/feed", "--as", HOLDER)
    seen = {each["where"].removeprefix(url): each for each in told["sightings"]}
    assert [(seen[path]["outcome"], seen[path]["kind"]) for path in files] == [("copy", "url")] * 2
    assert [seen[each]["error"]["code"] for each in urls[2:]] == ["url-refused"] * 2
    assert told["opened"] == 1
    assert seen["/rocket.jpg"]["cases"][0]["work"] == rocket
    assert again["outcomes"] == {"unchanged": 4}


def test_watch__ipfs_away_when_a_case_is_to_be_pinned__scanning_again_opens_it(cli, rocket, tmp_path):
    copy = tmp_path / "smaller.jpg"
    Image.open(DATA / "rocket.jpg").resize((400, 267)).save(copy)
    command = ("watch", copy, "--as", HOLDER, "--json")
    ended = cli(*command, COLOPHON_IPFS_URL="http://127.0.0.1:1")
    assert (ended.status, ended.json["code"]) == (6, "ipfs-down")
    again = cli(*command).json
    assert (again["outcomes"], again["opened"]) == ({"copy": 1}, 1)


def test_watch__published_preview__is_the_holders_own_on_every_machine(cli, rocket, ipfs_url, tmp_path):
    """Another machine has pinned nothing, and knows the renditions from the work's metadata alone."""
    metadata = IpfsNode(ipfs_url).fetch(cli.json("verify", rocket)["metadata"], MAX_SIZE)
    (cid,) = [each["cid"] for each in json.loads(metadata)["renditions"] if each["role"] == "preview"]
    preview = tmp_path / "preview.jpg"
    preview.write_bytes(IpfsNode(ipfs_url).fetch(cid, 2**20))
    elsewhere = {"COLOPHON_HOME": str(tmp_path), "COLOPHON_DATABASE_URL": f"sqlite:///{tmp_path / 'other.db'}"}
    for environ in ({}, elsewhere):
        told = cli("watch", preview, "--as", HOLDER, "--json", **environ).json
        assert (told["outcomes"], told["opened"]) == ({"own": 1}, 0)


def test_watch__every_second__scans_until_interrupted(cli, tmp_path):
    (tmp_path / "note.txt").write_text("nothing of anybody's")
    command = [
        sys.executable,
        "-m",
        "offchain.cli",
        "watch",
        str(tmp_path),
        "--every",
        "1",
        "--as",
        str(HOLDER),
        "--json",
    ]
    with subprocess.Popen(command, cwd=ROOT, env=cli.environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        scans = []
        for outcome in ("nothing", "unchanged"):
            lines = list(takewhile(lambda line: line != "}\n", process.stdout))
            scans.append((json.loads("".join(lines) + "}")["outcomes"], {outcome: 1}))
        process.send_signal(signal.SIGINT)
    assert [told for told, _ in scans] == [expected for _, expected in scans]
    assert process.returncode == 130


def test_watch__nothing_named__refused(cli):
    ended = cli("watch", "--as", HOLDER, "--json")
    assert (ended.status, ended.json["code"]) == (2, "nothing-watched")


def test_watch__folder_that_is_not_there__refused(cli, tmp_path):
    ended = cli("watch", tmp_path / "nowhere", "--as", HOLDER, "--json")
    assert (ended.status, ended.json["code"]) == (2, "file-unreadable")


def test_cases__none__says_so(cli):
    assert cli("cases", "--as", 17).out == "no cases\n"
