"""The CID computed here is the one that a real node answers, whatever the size."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.storage import IpfsNode, local_cid
from offchain.storage.unixfs import CHUNK_SIZE

around_boundaries = st.builds(
    lambda chunks, offset: max(1, chunks * CHUNK_SIZE + offset), st.integers(0, 5), st.integers(-2, 2)
)
sizes = st.one_of(st.integers(1, 2 * CHUNK_SIZE), around_boundaries)


@settings(max_examples=40, deadline=None)
@given(size=sizes, seed=st.integers(0, 2**32))
def test_local_cid__any_content__is_the_cid_of_the_node(ipfs_url, size, seed):
    content = random.Random(seed).randbytes(size)
    # pin() itself refuses an answer that differs from local_cid.
    node = IpfsNode(ipfs_url, timeout=30)
    cid = node.pin(content)
    assert cid == local_cid(content)
    assert node.fetch(cid, limit=size) == content
