"""Training: how the shipped weights of music and image come to be, from which files, under which licences.

    loop         steps, checkpoints, history; resumes bit for bit
    checkpoints  two generations on disk          history   losses, one JSON line a step
    curve        losses as PNG                    durable   files that a kill leaves whole
    manifest     every training file with sha256, author, source and licence
    licences     the known ones, and what they ask of generated works
    weights      the shipped folder: weights, card, manifest, each pinned by sha256

`loop`, `checkpoints`, `curve` and `weights` are imported by name; nothing here loads torch before it is used.
"""

from __future__ import annotations

from offchain.generation.training.licences import Constraints, check_licences, constraints, refuse_terms
from offchain.generation.training.manifest import TrainingFile, TrainingManifest, read_manifest

__all__ = [
    "Constraints",
    "TrainingFile",
    "TrainingManifest",
    "check_licences",
    "constraints",
    "read_manifest",
    "refuse_terms",
]
