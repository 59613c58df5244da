"""Matching that survives editing, one module a medium; each has the functions of `Matcher`.

    features(content)           → Features: what a registered work is filed under, and the evidence to compare it by
    probe(content)              → Probe: what a file found somewhere is looked up by
    compare(probe, registered)  → Likeness or None, from evidence alone

An index proposes, `compare` decides: nothing is called a copy because of a code alone.
"""

from __future__ import annotations

from offchain.identity.matching.features import Features, Likeness, Matcher, Probe, Region

__all__ = ["Features", "Likeness", "Matcher", "Probe", "Region"]
