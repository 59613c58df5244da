"""Identity: what a file is, and what it resembles.

    identify(path, title=…, limit=…)  → Identity: work id, media type, ISCC, content code
    examine(path, …, wanted=…)        → Examination: the identity, and what matching needs, from one look
    CandidateIndex(engine), judged(…) → registered works that it may come from, and whether it does

The sha256 of the master is the identity of a work; the ISCC (ISO 24138) is how it is recognised after editing. Files
are parsed by confined processes only (`sandbox`). Another medium adds its extractor beside `image` and `text`, its
signature to `media_type` and its matcher to `matching`.
"""

from __future__ import annotations

from offchain.identity.digest import work_id
from offchain.identity.examination import Examination, examine, identify
from offchain.identity.fingerprint import Identity
from offchain.identity.matching.features import Features, Likeness, Probe
from offchain.identity.media_type import SUPPORTED
from offchain.identity.similarity import CandidateIndex, Match, judged

__all__ = [
    "SUPPORTED",
    "CandidateIndex",
    "Examination",
    "Features",
    "Identity",
    "Likeness",
    "Match",
    "Probe",
    "examine",
    "identify",
    "judged",
    "work_id",
]
