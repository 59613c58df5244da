"""`colophon verify` says when somebody else claims a title, and when one was judged away."""

from __future__ import annotations

from tests.offchain.e2e.cli.conftest import Cli
from tests.offchain.e2e.cli.test_registering import CREATOR, STRANGER, text


def rows(cli: Cli, work: str) -> dict[str, str]:
    return dict(line.split(maxsplit=1) for line in cli("verify", work).out.splitlines())


def test_verify__title_disputed_then_judged_away__says_so(cli, tmp_path):
    master = tmp_path / "claimed.txt"
    master.write_text(text("claimed"))
    (item,) = cli.json("register", master, "--as", CREATOR)["items"]
    usual = rows(cli, item["work"])
    dispute = cli.world.dispute(int(item["work"], 0), 2, STRANGER)
    assert rows(cli, item["work"]) == usual | {"disputed": "yes"}
    cli.world.rule(dispute, 2)
    assert rows(cli, item["work"]) == usual | {"series": "1", "holder": cli.world.accounts[STRANGER]}
    told = cli.json("verify", item["work"])
    assert (told["disputed"], told["series"]) == (False, 1)
