from __future__ import annotations

import hashlib

import pytest

from offchain.errors import InputError
from offchain.storage import normal_cid, raw_cid

# `ipfs add --cid-version=1` of "hello world" (Kubo documentation, and checked against js-ipfs 0.66.1).
HELLO = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"


def test_raw_cid__known_content__is_the_cid_that_every_node_writes():
    assert raw_cid(hashlib.sha256(b"hello world").digest()) == HELLO


@pytest.mark.parametrize("size", [0, 31, 33])
def test_raw_cid__not_a_sha256__is_refused(size):
    with pytest.raises(InputError) as caught:
        raw_cid(b"\x00" * size)
    assert caught.value.code == "digest-malformed"


def test_normal_cid__base58_of_the_same_cid__is_rewritten_in_base32():
    # The form in which js-ipfs answers for "hello world".
    assert normal_cid("zb2rhj7crUKTQYRGCRATFaQ6YFLTde2YzdqbbhAASkL9uRDXn") == HELLO


def test_normal_cid__version_0__becomes_version_1():
    # The empty UnixFS directory, in both versions (CID specification, human-readable examples).
    version_0 = "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn"
    assert normal_cid(version_0) == "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354"


def test_normal_cid__own_form__is_unchanged():
    assert normal_cid(HELLO) == HELLO


@pytest.mark.parametrize("text", ["", "b", "bafk", "zzz", "hello world", "Qm123", HELLO[:-4], "/ipfs/" + HELLO])
def test_normal_cid__anything_else__is_refused(text):
    with pytest.raises(InputError) as caught:
        normal_cid(text)
    assert caught.value.code == "cid-malformed"
