from __future__ import annotations

import json

import pytest

from offchain.chain import Currency
from offchain.cli.output import aligned, decimal, fail, moment, money, problem, progress, show
from offchain.errors import NotFoundError, RefusedError

DOLLAR = Currency(1, "eip155:1337/erc20:0x01", "0x01", "TUSD", 6)
YEN = Currency(2, "eip155:1337/erc20:0x02", "0x02", "JPY", 0)


def test_show__as_json__is_one_document_and_nothing_else(capsys):
    show({"title": "Café", "amount": "5"}, ["not this"], as_json=True)
    out, err = capsys.readouterr()
    assert json.loads(out) == {"title": "Café", "amount": "5"}
    assert "Café" in out
    assert err == ""


def test_show__for_a_reader__is_the_lines(capsys):
    show({"title": "x"}, ["one", "two"], as_json=False)
    assert capsys.readouterr().out == "one\ntwo\n"


def test_fail__for_a_reader__names_cause_facts_and_remedy_on_standard_error(capsys):
    error = RefusedError("work-registered", "this file is already registered", "buy a licence", work="0x8f", since=0)
    fail(error, as_json=False)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "error: this file is already registered (work-registered)\n"
        "  work    0x8f\n"
        "  since   1970-01-01 00:00 UTC\n"
        "  remedy  buy a licence\n"
    )


def test_fail__list_of_records__takes_a_line_each(capsys):
    matches = [{"work": "0x01", "distance": 3}, {"work": "0x02", "distance": 5}]
    fail(RefusedError("work-similar", "it resembles", "look", matches=matches), as_json=False)
    assert capsys.readouterr().err.splitlines()[1:3] == [
        "  matches  work 0x01, distance 3",
        "           work 0x02, distance 5",
    ]


def test_fail__as_json__is_a_problem_on_standard_output(capsys):
    fail(NotFoundError("unknown-work", "no such work", "check the id", work="0x01"), as_json=True)
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert document["type"] == "urn:colophon:error:unknown-work"
    assert (document["status"], document["remedy"], document["facts"]) == (404, "check the id", {"work": "0x01"})
    assert err == ""


def test_problem__fact_that_json_does_not_know__is_text(tmp_path):
    assert problem(NotFoundError("x", "x", "x", path=tmp_path))["facts"] == {"path": str(tmp_path)}


def test_aligned__value_of_several_lines__continues_below_itself():
    assert list(aligned([("a", "1\n2"), ("long", "3")])) == ["a     1", "      2", "long  3"]


@pytest.mark.parametrize(
    ("minor", "currency", "wanted"),
    [
        (8_000_000, DOLLAR, "8.00 TUSD"),
        (8_500_001, DOLLAR, "8.500001 TUSD"),
        (0, DOLLAR, "0.00 TUSD"),
        (7, YEN, "7 JPY"),
    ],
)
def test_money__amount__has_cents_where_the_currency_has(minor, currency, wanted):
    assert money(minor, currency) == wanted


def test_decimal__many_digits__loses_none():
    assert decimal(1, 18) == "0.000000000000000001"


def test_moment__leap_day__is_utc():
    # RFC 3339 §5.8 style; 951782400 = 11016 days after the epoch, 2000-02-29.
    assert moment(11016 * 86400) == "2000-02-29 00:00 UTC"


def test_progress__no_terminal__prints_nothing(capsys):
    with progress("title") as report:
        report(0.5, "half")
    assert capsys.readouterr() == ("", "")
