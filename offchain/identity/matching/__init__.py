"""Matching that survives editing, one module a medium; each has the functions of `Matcher`.

    features(content)           → Features: what a registered work is filed under, and the evidence to compare it by
    probe(content)              → Probe: what a file found somewhere is looked up by
    compare(probe, registered)  → Likeness or None, from evidence alone

An index proposes, `compare` decides: nothing is called a copy because of a code alone.
"""

from __future__ import annotations

from importlib import import_module

from offchain.identity.matching.features import Decision, Features, Likeness, Matcher, Medium, Probe, Region

__all__ = ["Decision", "Features", "Likeness", "Matcher", "Medium", "Probe", "Region", "compare"]


def compare(medium: Medium, probe: bytes, registered: bytes) -> Likeness | None:
    """Decide from a probe's evidence and a work's evidence of one medium; None when they have nothing in common.

    Raises:
        InputError: `evidence-malformed`.
    """
    # Each brings libraries of its own, which a search in another medium need not load.
    likeness: Likeness | None = import_module(f"offchain.identity.matching.{medium}").compare(probe, registered)
    return likeness
