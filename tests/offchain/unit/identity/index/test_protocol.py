from __future__ import annotations

import random

import numpy as np
import pytest

from offchain.identity.index.protocol import group


@pytest.mark.parametrize("highest", [5, 2**46 - 1, 2**63 - 1])
def test_group__hits_in_any_order__each_query_has_each_key_once_at_its_nearest(highest):
    chance = random.Random(highest)
    known = [highest, 0, *(chance.randrange(highest) for _ in range(20))]
    hits = [(chance.choice([0, 1, 255]), chance.choice(known), chance.randint(0, 256)) for _ in range(300)]
    at, keys, distances = (np.array(column, dtype=np.uint64) for column in zip(*hits, strict=True))
    found = group(256, at, keys, distances)
    assert len(found) == 256
    for query, (found_keys, found_distances) in enumerate(found):
        mine = [(key, distance) for hit_query, key, distance in hits if hit_query == query]
        nearest = {key: min(bits for other, bits in mine if other == key) for key, _ in mine}
        expected = sorted((distance, key) for key, distance in nearest.items())
        assert list(zip(found_distances.tolist(), found_keys.tolist(), strict=True)) == expected
        assert (found_keys.dtype, found_distances.dtype) == (np.uint64, np.uint16)
