from __future__ import annotations

import math

import pytest

from offchain.errors import InputError
from offchain.storage import canonical_json
from offchain.storage.canonical import MAX_SIZE


def test_canonical_json__example_of_the_standard__is_written_as_there():
    # RFC 8785 §3.2.2 (input) and §3.2.3 (output).
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": '\u20ac$\u000f\nA\'B"\\\\"/',
        "literals": [None, True, False],
    }
    assert (
        canonical_json(value)
        == (
            '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
            '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
        ).encode()
    )


def test_canonical_json__order_of_keys__does_not_matter():
    assert canonical_json({"b": 1, "a": {"d": [], "c": ""}}) == canonical_json({"a": {"c": "", "d": []}, "b": 1})


@pytest.mark.parametrize("value", [2**53, math.nan, math.inf, {1: "key"}, {"bytes": b"x"}, {"set": {1}}, "\ud800"])
def test_canonical_json__what_json_cannot_hold_exactly__is_refused(value):
    with pytest.raises(InputError) as caught:
        canonical_json(value)
    assert caught.value.code == "json-not-canonical"


@pytest.mark.parametrize(("size", "refused"), [(MAX_SIZE, False), (MAX_SIZE + 1, True)])
def test_canonical_json__around_one_block__refuses_what_does_not_fit(size, refused):
    value = "x" * (size - 2)  # two quotation marks
    if not refused:
        assert len(canonical_json(value)) == size
        return
    with pytest.raises(InputError) as caught:
        canonical_json(value)
    assert caught.value.code == "json-oversized"
