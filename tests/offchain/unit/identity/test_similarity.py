from __future__ import annotations

import random
from dataclasses import replace
from io import BytesIO

import iscc_lib
import pytest
from PIL import Image

from offchain.errors import InputError
from offchain.identity import HammingScan, Identity, Match, compare, identify
from offchain.identity.fingerprint import unit_bytes
from offchain.identity.similarity import NEAR_BITS

LIMIT = 2**20


def works(*sources: object) -> list[Identity]:
    return [identify(source, title="x", limit=LIMIT) for source in sources]  # type: ignore[arg-type]  # bytes or Path


def resized_jpeg(path) -> bytes:
    image = Image.open(path).convert("RGB")
    stream = BytesIO()
    image.resize((image.width * 8 // 10, image.height * 8 // 10)).save(stream, "JPEG", quality=70)
    return stream.getvalue()


def differing(work: Identity, bits: int) -> str:
    """The Content-Code of `work` with its first `bits` bits turned."""
    main, sub, version, _, digest = iscc_lib.iscc_decode(work.content_code or "")
    turned = int.from_bytes(digest, "big") ^ ((1 << bits) - 1) << (256 - bits)
    return "ISCC:" + iscc_lib.encode_component(main, sub, version, 256, turned.to_bytes(32, "big"))


def test_compare__resized_to_80_percent_and_jpeg_q70__is_near(photograph, other_photograph):
    for path in (photograph, other_photograph):
        original, copy = works(path, resized_jpeg(path))
        match = compare(copy, original)
        assert match is not None
        assert (match.work_id, match.decision) == (original.work_id, "near")


def test_compare__every_tenth_word_replaced__is_near(prose):
    words = prose.read_text().split()
    edited = [f"{word}ish" if at % 10 == 5 else word for at, word in enumerate(words)]
    original, copy = works(prose, " ".join(edited).encode())
    match = compare(copy, original)
    assert match is not None
    assert match.decision == "near"


def test_compare__unrelated__is_new(photograph, other_photograph, prose, other_prose):
    image, other_image, text, other_text = works(photograph, other_photograph, prose, other_prose)
    assert compare(image, other_image) is None
    assert compare(text, other_text) is None


def test_compare__same_bytes__is_same(photograph):
    first, second = works(photograph, photograph.read_bytes())
    assert compare(second, first) == Match(first.work_id, "same", 0)


def test_compare__image_and_text_with_equal_bodies__is_new(photograph):
    (image,) = works(photograph)
    body = unit_bytes(image.content_code or "")[2:]
    text = replace(image, work_id=1, content_code="ISCC:" + iscc_lib.encode_component(2, 0, 0, 256, body))
    assert compare(text, image) is None


@pytest.mark.parametrize("medium", ["photograph", "prose"])
def test_compare__around_the_threshold__is_near_up_to_it(medium, request):
    (work,) = works(request.getfixturevalue(medium))
    radius = NEAR_BITS[unit_bytes(work.content_code or "")[:2]]
    at = replace(work, work_id=1, content_code=differing(work, radius))
    beyond = replace(work, work_id=2, content_code=differing(work, radius + 1))
    assert compare(at, work) == Match(work.work_id, "near", radius)
    assert compare(beyond, work) is None


def test_compare__featureless__resembles_nothing_but_equals_its_own_bytes():
    one, other = works(b"All rights reserved.", b"All rights reserved!")
    assert compare(one, other) is None
    assert compare(one, one) == Match(one.work_id, "same", 0)


def test_hamming_scan__several_matches__come_nearest_first_with_the_same_work_in_front(photograph, prose):
    work, text = works(photograph, prose)
    index = HammingScan()
    index.add(7, differing(work, 9))
    index.add(8, work.content_code or "")
    index.add(work.work_id, work.content_code or "")
    index.add(text.work_id, text.content_code or "")
    assert index.search(work) == (Match(work.work_id, "same", 0), Match(8, "near", 0), Match(7, "near", 9))
    assert len(index) == 4


def test_hamming_scan__work_added_again__is_found_once(photograph):
    (work,) = works(photograph)
    index = HammingScan()
    for _ in range(3):
        index.add(work.work_id, work.content_code or "")
    assert len(index) == len(index.search(work)) == 1


def test_hamming_scan__featureless_work__finds_nothing(photograph):
    work, short = works(photograph, b"All rights reserved.")
    index = HammingScan()
    index.add(work.work_id, work.content_code or "")
    assert index.search(short) == ()


def test_hamming_scan__more_works_than_its_first_array__keeps_them_all(photograph):
    (work,) = works(photograph)
    index = HammingScan()
    chance = random.Random(1)
    for number in range(1, 1_001):
        body = chance.randbytes(32)
        index.add(number, "ISCC:" + iscc_lib.encode_component(2, 1, 0, 256, body))
    index.add(work.work_id, work.content_code or "")
    assert len(index) == 1_001
    assert index.search(work) == (Match(work.work_id, "same", 0),)


@pytest.mark.parametrize(
    "code",
    ["", "ISCC:", "ISCC:EEA4GQZQTY6J5DTH", "ISCC:1!", "ISCC:GAD6Z2VJLX46FD6QVSSCW3BOUAIV5GRINTAHISA6UQIHPLWH3YBGAHQ"],
)
def test_hamming_scan__not_a_long_content_code__is_refused(code):
    with pytest.raises(InputError) as caught:
        HammingScan().add(1, code)
    assert caught.value.code == "content-code-malformed"
