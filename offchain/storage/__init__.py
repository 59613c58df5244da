"""Storage: every file by its CID, known before the upload and checked after every download.

local_cid(stream)                 → the CID a file will have on any node
canonical_json(record)            → bytes whose sha256 goes on chain; raw_cid(digest) finds them
IpfsNode(url).pin(…) / fetch(…)   → a node that is never believed
open_pins(urls, quorum)           → several of them as one: a quorum keeps what is pinned
sealing.sealed(…) / opened(…)     → content that only its key opens, in storage.sealing
"""

from __future__ import annotations

from offchain.storage.canonical import canonical_json
from offchain.storage.cid import normal_cid, raw_cid
from offchain.storage.ipfs import IpfsNode
from offchain.storage.quorum import PinSet, open_pins
from offchain.storage.unixfs import local_cid

__all__ = ["IpfsNode", "PinSet", "canonical_json", "local_cid", "normal_cid", "open_pins", "raw_cid"]
