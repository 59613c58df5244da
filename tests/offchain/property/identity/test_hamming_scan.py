"""The index answers exactly what comparing every pair would answer."""

from __future__ import annotations

import iscc_lib
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.identity import HammingScan, Identity, compare

# Clusters: a few centres and small changes of them, or nothing would ever be near.
CENTRES = [bytes([value]) * 32 for value in (0x00, 0xFF, 0x5A)]
masks = st.integers(0, 255).map(lambda bits: ((1 << bits) - 1).to_bytes(32, "big"))
bodies = st.tuples(st.sampled_from(CENTRES), masks).map(
    lambda pair: bytes(left ^ right for left, right in zip(*pair, strict=True))
)
codes = st.tuples(st.sampled_from([0, 1]), bodies).map(
    lambda pair: "ISCC:" + iscc_lib.encode_component(2, pair[0], 0, 256, pair[1])
)


def work(work_id: int, code: str | None) -> Identity:
    return Identity(work_id, 1, "text/plain", "text", "", (), code)


@settings(max_examples=200, deadline=None)
@given(st.lists(codes, max_size=80), st.one_of(st.none(), codes), st.integers(0, 80))
def test_hamming_scan__any_works__agrees_with_comparing_each(registered, code, asked):
    index = HammingScan()
    for number, registered_code in enumerate(registered):
        index.add(number, registered_code)
    # The id decides between same and near only together with the code it was registered with.
    asking = work(asked if asked < len(registered) and registered[asked] == code else 1_000, code)
    one_by_one = [compare(asking, work(number, other)) for number, other in enumerate(registered)]
    expected = {match for match in one_by_one if match is not None}
    found = index.search(asking)
    assert set(found) == expected
    assert len(found) == len(expected)
    assert [match.distance for match in found] == sorted(match.distance for match in found)
