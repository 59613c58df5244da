"""Identity: what a file is, and what it resembles.

    identify(path, title=…, limit=…)  → Identity: work id, media type, ISCC, content code
    HammingScan().search(identity)    → matches, each `same` or `near`; none means new

The sha256 of the master is the identity of a work; the ISCC (ISO 24138) is how it is recognised after editing. Text
and images are known so far; another medium adds its own extractor beside `image` and `text` and one line to
`media_type` and `fingerprint`.
"""

from __future__ import annotations

from offchain.identity.digest import work_id
from offchain.identity.fingerprint import Identity, identify
from offchain.identity.media_type import SUPPORTED
from offchain.identity.similarity import HammingScan, Match, SimilarityIndex, compare

__all__ = ["SUPPORTED", "HammingScan", "Identity", "Match", "SimilarityIndex", "compare", "identify", "work_id"]
