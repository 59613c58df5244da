"""What may be learned from, and what is refused."""

import math

import pytest

from offchain.errors import InputError
from offchain.money import MAX_AMOUNT
from offchain.pricing import LogitDemand, default_problem
from offchain.pricing.estimation import ListedWork, OfferEvent, estimate, stated_priors

WORK = "0x" + "ab" * 32
PRIORS = {("personal", "individual"): LogitDemand(800, 300, 400.0)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"offered": {}},
        {"offered": {"personal": math.nan}},
        {"offered": {"personal": 5.0}},
        {"offered": {"personal": -5}},
        {"offered": {"personal": 0}},
        {"offered": {"personal": MAX_AMOUNT + 1}},
        {"bought": "commercial"},
        {"time": math.nan},
        {"time": -1},
    ],
)
def test_offer__senseless__refused(wrong):
    right = {"work": WORK, "segment": "individual", "time": 5, "offered": {"personal": 500}, "bought": "personal"}
    assert OfferEvent(**right)
    with pytest.raises(InputError) as caught:
        OfferEvent(**(right | wrong))
    assert caught.value.code == "offer-malformed"


@pytest.mark.parametrize("neighbours", [{WORK: 0.5}, {"other": math.nan}, {"other": -0.1}, {"other": 1.1}])
def test_listed_work__senseless_neighbour__refused(neighbours):
    with pytest.raises(InputError) as caught:
        ListedWork(WORK, "photo", 0, neighbours)
    assert caught.value.code == "neighbour-malformed"


def test_stated_priors__default_problem__every_cell_once():
    problem = default_problem(WORK, 0, "eip155:1337/slip44:60")
    assert stated_priors(problem) == {(cell.key.tier, cell.key.segment): cell.curve for cell in problem.demand}


def test_stated_priors__a_table__refused(one_price):
    with pytest.raises(InputError) as caught:
        stated_priors(one_price((10, 20), (2.0, 1.0)))
    assert caught.value.code == "prior-malformed"


def offer(time=5, work=WORK, **others):
    return OfferEvent(**({"segment": "individual", "offered": {"personal": 500}} | others), work=work, time=time)


@pytest.mark.parametrize(
    ("events", "works", "priors", "code"),
    [
        ([offer(5), offer(4)], [ListedWork(WORK, "photo", 0)], PRIORS, "offers-out-of-order"),
        ([offer(11)], [ListedWork(WORK, "photo", 0)], PRIORS, "offers-out-of-order"),
        ([offer(work="0x" + "cd" * 32)], [ListedWork(WORK, "photo", 0)], PRIORS, "offer-work-unlisted"),
        ([offer(segment="school")], [ListedWork(WORK, "photo", 0)], PRIORS, "offer-without-prior"),
        ([offer(offered={"unheard": 5})], [ListedWork(WORK, "photo", 0)], PRIORS, "offer-without-prior"),
        ([], [ListedWork(WORK, "photo", 0)] * 2, PRIORS, "work-listed-twice"),
        ([], [ListedWork(WORK, "photo", 11)], PRIORS, "listed-too-late"),
        ([], [ListedWork(WORK, "photo", 0)], {("personal", "individual"): LogitDemand(1, 1, 0.0)}, "prior-malformed"),
        ([], [ListedWork(WORK, "photo", 0)], {}, "prior-malformed"),
    ],
)
def test_estimate__senseless_log__names_the_fault(events, works, priors, code):
    with pytest.raises(InputError) as caught:
        estimate(events, works, priors, until=10)
    assert caught.value.code == code
