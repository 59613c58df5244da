from dataclasses import replace

import numpy as np

from offchain.pricing.catalogue.split import partition, take
from tests.bench.pricing.instances import catalogue


def test_partition__three_parts__every_work_once_and_evenly():
    works = partition(catalogue(301), 3)
    assert sorted(np.concatenate(works).tolist()) == list(range(301))
    assert max(map(len, works)) - min(map(len, works)) <= 2


def test_partition__shared_holder__stays_in_one_part():
    known = catalogue(300, floored=0.5)
    for holder in range(len(known.holders.floors)):
        entries = np.flatnonzero(known.holders.index == holder)
        owned = np.searchsorted(known.holders.start, entries, side="right") - 1
        assert sum(bool(np.isin(owned, part).any()) for part in partition(known, 4)) == 1


def test_take__parts__floors_add_up_to_those_of_the_catalogue():
    """Also that of a holder who has no works at all."""
    known = catalogue(100)
    floors = np.append(known.holders.floors, 5.0)
    known = replace(known, holders=replace(known.holders, floors=floors, penalties=np.ones(len(floors))))
    parts = [take(known, works) for works in partition(known, 3)]
    assert (sum(part.holders.floors for part in parts) == floors).all()
    assert sum(len(part.revenue) for part in parts) == 100
