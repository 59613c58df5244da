"""One training from data to shipped folder: music and image each say how their model learns, the rest is here.

OUT/model.safetensors, card.json, training.json   the model
OUT/curve.png                                     its losses
OUT/checkpoints/                                  what resuming needs; may be deleted afterwards
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol, cast

from offchain.errors import InputError, NotFoundError
from offchain.generation.runtime import torch_threads
from offchain.generation.sampling import check_seed, within
from offchain.generation.training.checkpoints import claim_folder, latest_checkpoint
from offchain.generation.training.curve import draw_curve
from offchain.generation.training.licences import Constraints, constraints
from offchain.generation.training.loop import Report, Trained, Trainee, train
from offchain.generation.training.manifest import TrainingManifest
from offchain.generation.training.weights import Card, Weights, write_weights

__all__ = ["TRAINABLE", "Course", "Outcome", "Plan", "prepare", "run"]

TRAINABLE: Final = ("music", "image")

_CHECKPOINTS: Final = "checkpoints"
_LICENCE: Final = "Apache-2.0"
_NON_COMMERCIAL: Final = "CC-BY-NC-4.0"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be trained.

    Attributes:
        kind: one of `TRAINABLE`.
        data: folder of the training files.
        out: folder that the model goes to.
        steps: in all; None for the kind's own number.
        seed: of all randomness.
        seconds: CPU seconds to spend at most, None for no limit.
        threads: CPU threads; another number rounds otherwise, so it belongs to what a resumed training must repeat.
        settings: of the kind's trainee, such as `device`.
    """

    kind: str
    data: Path
    out: Path
    steps: int | None = None
    seed: int = 0
    seconds: float | None = None
    threads: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Course:
    """A training that can begin: licences are checked.

    Attributes:
        plan: with the number of steps that will be done.
        steps: in all.
        trainee: fresh.
        manifest: of the data.
        config: what builds the network.
        constraints: what the data's licences ask of generated works.
    """

    plan: Plan
    steps: int
    trainee: Trainee
    manifest: TrainingManifest
    config: Mapping[str, Any]
    constraints: Constraints

    @property
    def resumes(self) -> int:
        """The step that the folder's newest checkpoint is at, 0 without one."""
        checkpoint = latest_checkpoint(self.plan.out / _CHECKPOINTS)
        return 0 if checkpoint is None else checkpoint.step


@dataclass(frozen=True, slots=True)
class Outcome:
    """A training that is done.

    Attributes:
        trained: how it went.
        figures: of the evaluation at its end.
        weights: as written and read back.
        curve: picture of the losses.
    """

    trained: Trained
    figures: Mapping[str, float]
    weights: Weights
    curve: Path


class _Room(Protocol):
    """The module `training` of a kind: `STEPS`, its number of steps, `NAME` and `USE` for the card, and this."""

    STEPS: int
    NAME: str
    USE: str

    def trainee(
        self, data: Path, seed: int, settings: Mapping[str, Any]
    ) -> tuple[Trainee, TrainingManifest, dict[str, Any]]: ...


def prepare(plan: Plan) -> Course:
    """Read the data and check its licences; nothing is written.

    Raises:
        InputError: a parameter out of range, data that cannot be read, a file without a known licence.
        RefusedError: a licence that forbids training, or two that cannot both be kept.
    """
    within("kind", plan.kind, " or ".join(TRAINABLE), fits=plan.kind in TRAINABLE)
    check_seed(plan.seed)
    if not plan.data.is_dir():
        raise InputError("data-missing", f"{plan.data} is not a folder", "name the folder of the training files")
    room = _room(plan.kind)
    steps = room.STEPS if plan.steps is None else plan.steps
    within("steps", steps, "1 or more", fits=steps >= 1)
    trainee, manifest, config = room.trainee(plan.data, plan.seed, {**plan.settings, "steps": steps})
    return Course(plan, steps, trainee, manifest, config, constraints(manifest))


def run(course: Course, report: Report | None = None, *, resume: bool = False) -> Outcome:
    """Train, evaluate, and write the model; the same call again goes on where one was stopped.

    Args:
        course: as prepared.
        report: told after every step.
        resume: insist that there is a training to go on with.

    Raises:
        NotFoundError: `nothing-to-resume`.
        InputError: `training-differs`, or as `loop.train`.
    """
    plan, folder = course.plan, course.plan.out / _CHECKPOINTS
    if resume and not course.resumes:
        raise NotFoundError("nothing-to-resume", f"{plan.out} holds no checkpoint", "leave out --resume, or name --out")
    claim_folder(folder, _identity(course))
    with torch_threads(plan.threads):
        trained = train(course.trainee, folder, steps=course.steps, seconds=plan.seconds, report=report)
        figures = dict(course.trainee.evaluate())
    curve = plan.out / "curve.png"
    draw_curve(curve, trained.history)
    card = _card(course, trained, figures)
    weights = write_weights(plan.out, course.trainee.shipped(), card=card, manifest=course.manifest)
    return Outcome(trained, figures, weights, curve)


def _identity(course: Course) -> dict[str, Any]:
    plan = course.plan
    return {
        "kind": plan.kind,
        "training": course.manifest.digest,
        "config": dict(course.config),
        "settings": dict(plan.settings),
        "steps": course.steps,
        "seed": plan.seed,
        "threads": plan.threads,
    }


def _card(course: Course, trained: Trained, figures: Mapping[str, float]) -> Card:
    import torch

    plan, room = course.plan, _room(course.plan.kind)
    device = str(plan.settings.get("device", "cpu"))
    return Card(
        name=room.NAME,
        licence=_licence(course.constraints),
        config=course.config,
        figures=figures,
        use=room.USE,
        trained={
            "device": torch.cuda.get_device_name() if device.startswith("cuda") else "cpu",
            "cpu_seconds": round(trained.seconds, 1),
            "steps": trained.steps,
            "seed": plan.seed,
            "threads": plan.threads,
            "settings": dict(plan.settings),
            "torch": torch.__version__,
        },
    )


def _licence(constraints: Constraints) -> str:
    """Of the weights: the latest that share-alike files ask for, else one that keeps what the files ask."""
    return max(constraints.share_alike, default=_NON_COMMERCIAL if constraints.non_commercial else _LICENCE)


def _room(kind: str) -> _Room:
    return cast(_Room, import_module(f"offchain.generation.{kind}.training"))
