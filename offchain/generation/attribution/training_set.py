"""The training set as a work: its master is the canonical manifest, so anybody who holds that can compute its id.

Registered with the shares that a rule gives, it is what generated works name as their parent: what they earn flows to
it, and from it to those whose works the model was taught with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from offchain.generation.attribution.shares import EQUAL, RULES, Holder, split
from offchain.generation.sampling import within
from offchain.generation.training.licences import Constraints, constraints
from offchain.generation.training.manifest import TrainingManifest

__all__ = ["MEDIA_TYPE", "RELATION", "TrainingSet", "training_parent", "training_set"]

MEDIA_TYPE: Final = "application/json"
RELATION: Final = "training-set"
"""How a generated work's record calls this parent."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """What registering a training set needs.

    Attributes:
        work: its id, `0x` and 64 hex digits.
        master: the canonical manifest.
        title: of the work.
        rule: that the shares follow.
        holders: the first shares, 1,000,000 units in all.
        constraints: what its licences ask of works that a model makes after it.
    """

    work: str
    master: bytes
    title: str
    rule: str
    holders: tuple[Holder, ...]
    constraints: Constraints


def training_set(
    manifest: TrainingManifest, rule: str = EQUAL, weights: Mapping[str, float] | None = None
) -> TrainingSet:
    """The training set of a manifest, its shares by a rule.

    Args:
        manifest: of the set.
        rule: one of `RULES`.
        weights: by sha256 of the work; needed unless the rule is `equal-per-work`.

    Raises:
        InputError: `parameter-out-of-range`: no such rule, or weights that it does not take; else as `split`.
        RefusedError: as `split` and `constraints`.
    """
    within("rule", rule, " or ".join(RULES), fits=rule in RULES and (rule == EQUAL) == (weights is None))
    return TrainingSet(
        work=manifest.digest,
        master=manifest.canonical(),
        title=manifest.name,
        rule=rule,
        holders=split(manifest, weights),
        constraints=constraints(manifest),
    )


def training_parent(model: Mapping[str, Any]) -> dict[str, str] | None:
    """The parent that a record names for the `model` section of a record; None where no training set is stated."""
    training = model.get("training")
    return None if training is None else {"work": str(training), "relation": RELATION}
