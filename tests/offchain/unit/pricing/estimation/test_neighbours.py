"""Likeness: a work without offers takes after similar works, as far as similar works have been alike."""

from dataclasses import replace

import numpy as np
import pytest

from offchain.pricing import PriceKey
from offchain.pricing.estimation import ListedWork
from tests.offchain.unit.pricing.estimation.conftest import SEGMENT, TIER, work_id

COLD = 1


@pytest.fixture
def shifts(learn, offers):
    """Effects of six works; the cold one's neighbours given. Works 2 and 3 are liked, 4 and 5 are not."""

    def build(neighbours, pairs=()):
        events = [event for n in (2, 3) for event in offers(n, 800, 400, 330)]
        events += [event for n in (4, 5) for event in offers(n, 800, 400, 70)]
        works = [ListedWork(work_id(n), "photo", 0) for n in range(1, 7)]
        works[0] = replace(works[0], neighbours=neighbours)
        for one, other in pairs:
            works[one - 1] = replace(works[one - 1], neighbours={work_id(other): 1.0})
        return learn(events, works)._effects

    return build


def test_neighbours__none__effect_of_a_cold_work_is_0(shifts):
    assert shifts({}).works[COLD - 1] == pytest.approx(0, abs=1e-9)


def test_neighbours__a_liked_one__the_more_alike_the_more(shifts):
    slight, strong = (shifts({work_id(2): score}).works[COLD - 1] for score in (0.3, 0.9))
    assert 0 < slight < strong < shifts({}).works[1]


def test_neighbours__score_0__nothing(shifts):
    assert shifts({work_id(2): 0.0}).works == pytest.approx(shifts({}).works)


def test_neighbours__with_offers__surer_than_without(shifts):
    assert shifts({work_id(2): 0.9}).work_variances()[COLD - 1] < shifts({}).work_variances()[COLD - 1]


@pytest.mark.parametrize("nobody", [work_id(6), work_id(99)])
def test_neighbours__without_offers_or_not_listed__nothing(shifts, nobody):
    assert shifts({nobody: 1.0}).works == pytest.approx(shifts({}).works)


def test_neighbours__pairs_that_sell_alike__believed_more_than_pairs_that_do_not(shifts):
    alike = shifts({work_id(2): 0.9}, pairs=[(3, 2), (5, 4)]).works[COLD - 1]
    unlike = shifts({work_id(2): 0.9}, pairs=[(3, 4), (5, 2)]).works[COLD - 1]
    assert unlike < shifts({work_id(2): 0.9}).works[COLD - 1] < alike


def test_neighbours__cold_work__its_curve_is_higher(learn, offers):
    key, ladder = PriceKey(work_id(COLD), TIER, SEGMENT), (800, 1000)
    events = [event for n in (2, 3) for event in offers(n, 800, 400, 330)]
    events += [event for n in (4, 5) for event in offers(n, 800, 400, 70)]
    works = [ListedWork(work_id(n), "photo", 0) for n in range(1, 6)]
    alone = learn(events, works).curve(key, ladder)
    works[0] = replace(works[0], neighbours={work_id(3): 0.9})
    assert np.all(np.array(learn(events, works).curve(key, ladder).demand.licences) > alone.demand.licences)
