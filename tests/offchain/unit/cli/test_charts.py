"""The curve behind a price in the terminal."""

from dataclasses import replace

import pytest

from offchain.cli.charts import bar, chart
from offchain.pricing import PriceKey
from offchain.pricing.curve import Evidence, PriceCurve

CURVE = PriceCurve(
    key=PriceKey("0x" + "ab" * 32, "personal", "individual"),
    decimals=0,
    ladder=(10, 20, 30, 40),
    sales=(12_000_000, 10_000_000, 3_000_000, 1_000_000),
    revenue=(120, 200, 90, 40),
    lowest=0,
    highest=2,
    chosen=1,
    runner_up=0,
    evidence=None,
)


@pytest.mark.parametrize(
    ("share", "drawn"), [(0, ""), (1, "████"), (0.5, "██"), (1 / 32, "▏"), (0.25 + 1 / 8, "█▌"), (31 / 32, "███▉")]
)
def test_bar__share_of_four_characters__is_drawn_to_an_eighth(share, drawn):
    assert bar(share, 4) == drawn


def test_chart__every_step__has_a_line_with_its_mark():
    lines = list(chart(CURVE, "TUSD"))
    assert lines[0].endswith("net revenue a period, TUSD")
    assert [line.split()[:2] for line in lines[1:]] == [["10", "○"], ["20", "●"], ["30", "3.0"], ["40", "×"]]
    assert [line.count("█") for line in lines[1:]] == [16, 28, 12, 5]  # of 28: 16.8, 28, 12.6, 5.6
    assert all(len(line) <= 90 for line in lines)


def test_chart__learned__tells_the_interval():
    learned = Evidence((9_000_000, 8_000_000, 1_000_000, 0), (15_000_000, 12_500_000, 4_000_000, 2_000_000), 40)
    (line,) = [line for line in chart(replace(CURVE, evidence=learned), "TUSD") if "●" in line]
    assert "10.0 [8.0–12.5]" in line


def test_chart__nothing_is_earned__has_no_bars():
    flat = replace(CURVE, revenue=(0, 0, 0, 0))
    assert not any("█" in line for line in chart(flat, "TUSD"))
