from __future__ import annotations

import json
import sys

from offchain.cli import main
from offchain.pricing import default_problem, problem_to_json
from offchain.pricing.menus import menu

CURRENCY = "eip155:1337/slip44:60"
MENU = {
    "version": 1,
    "model": "menu",
    "currency": CURRENCY,
    "decimals": 1,
    "tiers": [{"name": "personal"}, {"name": "commercial"}],
    "segments": [
        {"name": "private", "buyers": 3, "values": ["10", "12"]},
        {"name": "shops", "buyers": 1, "values": ["30", "100"]},
    ],
}


def called(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["colophon", *map(str, arguments)])
    status = 0
    try:
        main()
    except SystemExit as ended:
        status = ended.code
    return status, capsys.readouterr().out


def test_price__menu__tells_who_takes_what_and_writes_both_documents(monkeypatch, capsys, tmp_path):
    source, solved, asked = tmp_path / "menu.json", tmp_path / "solved.json", tmp_path / "asked.json"
    source.write_text(json.dumps(MENU))
    status, out = called(monkeypatch, capsys, "price", "--input", source, "--output", solved, "--problem", asked)
    assert status in (0, None)
    assert "commercial: 8.00 slip44:60" in out
    assert "shops takes commercial, gains 2.00, prefers it by 0.00" in out
    assert "none earns more" in out
    assert json.loads(solved.read_text())["certificate"]["proof"] == "optimal"
    assert json.loads(asked.read_text()) == MENU


def test_price__menu_stopped_early__tells_how_much_may_be_missing(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(menu, "_LIMIT", 0)
    source = tmp_path / "menu.json"
    source.write_text(json.dumps(MENU))
    _, out = called(monkeypatch, capsys, "price", "--input", source)
    assert "stopped early; another menu may earn up to 19.12% more" in out  # 110 of at most 3 · 12 + 100


def test_price__bids_for_exclusives__are_advised(monkeypatch, capsys, tmp_path):
    sales = default_problem("0x" + "ab" * 32, 0, CURRENCY, ("personal",))
    bids = [{"buyer": "agency", "first": 0, "end": 1, "price": "1"}]
    document = {"version": 1, "model": "exclusives", "sales": problem_to_json(sales)}
    source = tmp_path / "bids.json"
    source.write_text(json.dumps({**document, "ended": ["personal"], "discount_ppm": 0, "bids": bids}))
    _, out = called(monkeypatch, capsys, "price", "--input", source)
    advice, expected = out.splitlines()
    assert advice.startswith("agency, period 0: decline, agency bids 0.000001; sell exclusive at ")
    assert expected == "expected: 0.00 slip44:60 more than non-exclusive sales, net, at present value"
