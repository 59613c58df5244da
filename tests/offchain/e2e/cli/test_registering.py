"""`colophon register` and what can be known of the result."""

from __future__ import annotations

import io
import random
import re
import socket
import string
import subprocess
import sys
from contextlib import closing
from dataclasses import replace

import pexpect
from PIL import Image

from offchain.chain import Listing
from scripts.localnet import ROOT, local_chain
from tests.offchain.deployed import ADAPTATION
from tests.offchain.e2e.cli.conftest import DATA, Cli, open_cli

CREATOR, STRANGER = 3, 5


def text(seed: str) -> str:
    """Words without sense that resemble no other text's."""
    draw = random.Random(seed)
    words = ["".join(draw.choices(string.ascii_lowercase, k=draw.randint(3, 9))) for _ in range(300)]
    return " ".join(words)


def transactions(cli: Cli, account: int) -> int:
    return cli.world.client.nonce(cli.world.accounts[account])


def title_holder(cli: Cli, work: str) -> str:
    return cli.world.contracts.registry.title(int(work, 0)).holder


def test_register__photograph__title_is_the_signers_and_uri_names_the_metadata(cli, photograph):
    told = cli.json("verify", DATA / "chelsea.png")
    assert title_holder(cli, photograph) == cli.world.accounts[CREATOR] == told["holder"]
    assert cli.world.contracts.registry.token_uri(int(photograph, 0)) == f"ipfs://{told['metadata']}"
    assert (told["verdict"], told["work"], told["title"]) == ("registered", photograph, "Chelsea")


def test_register__again_by_its_holder__succeeds_and_sends_nothing(cli, photograph):
    before = transactions(cli, CREATOR)
    (item,) = cli.json("register", DATA / "chelsea.png", "--title", "Chelsea", "--as", CREATOR)["items"]
    assert (item["state"], item["work"]) == ("yours", photograph)
    assert transactions(cli, CREATOR) == before


def test_register__again_with_other_terms_of_sale__says_that_they_were_not_changed(cli, photograph):
    command = ("register", DATA / "chelsea.png", "--as", CREATOR, "--tier", "personal=1..2")
    (item,) = cli.json(*command)["items"]
    assert item["note"].startswith("the terms of sale were not changed")
    assert "setBounds" in cli(*command).out


def test_register__again_with_a_tier_that_is_none__refused(cli, photograph):
    ended = cli("register", DATA / "chelsea.png", "--as", CREATOR, "--tier", "gratis", "--json")
    assert (ended.status, ended.json["code"]) == (3, "unknown-tier")


def test_register__somebody_elses_work__refused_naming_work_and_holder(cli, photograph):
    ended = cli("register", DATA / "chelsea.png", "--as", STRANGER)
    assert (ended.status, ended.out) == (4, "")
    head, *facts = ended.err.splitlines()
    assert head == "error: this file is already registered (work-registered)"
    told = dict(line.split(maxsplit=1) for line in facts)
    assert (told["work"], told["holder"]) == (photograph, cli.world.accounts[CREATOR])
    assert told["remedy"].startswith("buy a licence")


def test_register__copy_and_part_of_a_work__refused_and_flagged(cli, photograph, tmp_path):
    """A copy at 80 % and JPEG quality 70, and a part of the picture, which may be used under a licence."""
    copy, part, original = tmp_path / "copy.jpg", tmp_path / "part.jpg", Image.open(DATA / "chelsea.png").convert("RGB")
    original.resize((original.width * 4 // 5, original.height * 4 // 5)).save(copy, quality=70)
    original.crop((0, 0, original.width * 7 // 10, original.height)).save(part, quality=80)
    for file, code, decision in ((copy, "work-copied", "same"), (part, "work-derived", "derived")):
        ended = cli("register", file, "--as", STRANGER, "--json")
        assert (ended.status, ended.json["code"]) == (4, code)
        assert ended.json["facts"]["matches"][0]["work"] == photograph
        assert cli.json("search", file)["decision"] == decision
    assert cli("verify", copy, "--json").json["verdict"] == "copy"
    (estimate,) = cli.json("register", part, "--as", STRANGER, "--acknowledge-similar", "--dry-run")["items"]
    assert estimate["state"] == "estimated"


def test_register__dry_run__tells_gas_and_receiver_and_sends_nothing(cli):
    before = transactions(cli, STRANGER)
    (item,) = cli.json("register", DATA / "rocket.jpg", "--as", STRANGER, "--tier", "personal", "--dry-run")["items"]
    assert item["gas"] > 2 * 21_000  # two transactions, each above the intrinsic gas (yellow paper, G_transaction)
    assert item["receives"] == [{"account": cli.world.accounts[STRANGER], "title": True, "units": 1_000_000}]
    assert transactions(cli, STRANGER) == before
    assert cli("verify", DATA / "rocket.jpg").status == 1


def test_register__folder_with_bad_files__good_ones_registered_and_each_bad_one_named(cli, tmp_path):
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "cut.png").write_bytes((DATA / "chelsea.png").read_bytes()[:1000])
    (tmp_path / "large.txt").write_bytes(b"words " * 20_000)
    (tmp_path / "program.bin").write_bytes(bytes(range(256)) * 8)
    (tmp_path / ".hidden.txt").write_text("not looked at")
    (tmp_path / "good.txt").write_text(text("folder"))
    ended = cli("register", tmp_path, "--as", STRANGER, "--json", COLOPHON_MAX_UPLOAD="100000")
    items = {item["file"].rpartition("/")[2]: item for item in ended.json["items"]}
    codes = {name: item["error"]["code"] for name, item in items.items() if "error" in item}
    states = {name: item["state"] for name, item in items.items()}
    assert codes == {
        "empty.txt": "file-empty",
        "cut.png": "image-malformed",
        "large.txt": "file-oversized",
        "program.bin": "media-unsupported",
    }
    assert states == dict.fromkeys(codes, "failed") | {"program.bin": "passed-over", "good.txt": "registered"}
    assert ended.status == 2
    assert title_holder(cli, items["good.txt"]["work"]) == cli.world.accounts[STRANGER]


def test_register__derivative_that_owes_coins_in_advance__own_transactions_carry_them(cli, tmp_path):
    """As with any registration of the command line the account pays; here its own message would not do."""
    world, ledger = cli.world, cli.world.contracts.ledger
    listing = Listing(world.terms(replace(ADAPTATION, guarantee=7, text=b"\x07" * 32)), 0, 0)
    parent = world.register(b"parent that is paid in advance", CREATOR)
    permit = world.buy(world.list(parent, listing, CREATOR), listing, STRANGER)
    derived = tmp_path / "derived.txt"
    derived.write_text(text("derived and paid in advance"))
    command = ("register", derived, "--as", STRANGER, "--permit", permit)
    (estimated,) = cli.json(*command, "--dry-run")["items"]
    before, earned = transactions(cli, STRANGER), ledger.gross(parent, 0)
    (item,) = cli.json(*command)["items"]
    assert (item["state"], title_holder(cli, item["work"])) == ("registered", world.accounts[STRANGER])
    assert transactions(cli, STRANGER) == before + 2
    assert ledger.gross(parent, 0) - earned == int(estimated["advance"]) == 7
    (again,) = cli.json(*command)["items"]
    assert (again["state"], transactions(cli, STRANGER)) == ("yours", before + 2)


def test_register__ipfs_down__interrupted_then_goes_on_with_one_title(cli, tmp_path):
    master = tmp_path / "down.txt"
    master.write_text(text("down"))
    command = ("register", master, "--as", STRANGER)
    ended = cli(*command, "--json", COLOPHON_IPFS_URL="http://127.0.0.1:9")  # RFC 863: nobody discards here
    assert (ended.status, ended.json["type"]) == (6, "urn:colophon:error:ipfs-down")
    assert cli("verify", master).status == 1
    job = ended.json["facts"]["job"]
    # Opening the journal continues unfinished work by itself, but an interrupted job waits for its owner.
    assert cli.json("jobs", job, "--as", STRANGER)["state"] == "interrupted"
    (item,) = cli.json(*command)["items"]
    assert item["state"] == "registered"
    assert cli.json("jobs", job, "--as", STRANGER)["state"] == "done"
    assert title_holder(cli, item["work"]) == cli.world.accounts[STRANGER]


def test_register__killed_while_pinning__same_command_finishes_it(cli, tmp_path):
    master = tmp_path / "killed.txt"
    master.write_text(text("killed"))
    command = ("register", str(master), "--as", str(STRANGER))
    before = transactions(cli, STRANGER)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        arguments = [sys.executable, "-m", "offchain.cli", *command]
        child = subprocess.Popen(arguments, cwd=ROOT, env={**cli.environ, "COLOPHON_IPFS_URL": url})
        silent.settimeout(30)
        asked, _ = silent.accept()  # it pins now, and will never be answered
        child.kill()
        child.wait()
        asked.close()
    assert transactions(cli, STRANGER) == before + 1  # nothing is pinned before the commitment
    (item,) = cli.json(*command)["items"]
    assert item["state"] == "registered"
    assert transactions(cli, STRANGER) == before + 2  # one commitment and one registration


def test_register__local_chain_started_anew__old_jobs_are_not_taken_for_its_own(ipfs_url, tmp_path):
    """A new Ganache deploys to the same addresses, and `make up` keeps its home."""
    home, registries = tmp_path / "home", []
    home.mkdir()
    for name in ("old", "new"):
        with local_chain() as url:
            again = open_cli(url, ipfs_url, home, name)
            (item,) = again.json("register", DATA / "rocket.jpg", "--as", CREATOR)["items"]
            assert title_holder(again, item["work"]) == again.world.accounts[CREATOR]
            registries.append(again.world.contracts.registry.address)
    assert registries[0] == registries[1]


def test_register__on_a_terminal__shows_progress_and_leaves_it(cli, tmp_path):
    master = tmp_path / "terminal.txt"
    master.write_text(text("terminal"))
    arguments = ["-m", "offchain.cli", "register", str(master), "--as", str(STRANGER)]
    environ = {**cli.environ, "TERM": "xterm"}
    shown = io.StringIO()
    child = pexpect.spawn(sys.executable, arguments, cwd=str(ROOT), env=environ, encoding="utf-8", timeout=60)
    child.logfile_read = shown
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, shown.getvalue()
    assert re.search(r"terminal\.txt.*\d+ %", shown.getvalue())
    assert "registered  " in shown.getvalue()


def test_generate__then_register_with_its_record__chain_names_the_record(cli, tmp_path):
    story = tmp_path / "story.txt"
    asked = ("generate", "text", "Tell of a lighthouse.", "--seed", 7, "--max-tokens", 12, "--out", story)
    (made,) = cli.json(*asked)["works"]
    (item,) = cli.json("register", story, "--provenance", made["record"], "--as", STRANGER)["items"]
    assert item["work"] == made["work"]
    assert item["provenance"] is not None
    kept = cli.world.contracts.registry.title(int(item["work"], 0))
    assert kept.holder == cli.world.accounts[STRANGER]


def test_register__without_a_key__says_how_to_give_one(cli):
    ended = cli("register", DATA / "rocket.jpg")
    assert ended.status == 2
    assert "--keystore FILE" in ended.err
