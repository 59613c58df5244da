"""The training loop: steps, checkpoints, history; a kill at any moment costs the steps since the last checkpoint.

All randomness of a step comes from the seed and the step's number, so that a resumed training gives the weights of
one that was never interrupted, bit for bit.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from offchain.errors import InputError
from offchain.generation.training.checkpoints import latest_checkpoint, save_checkpoint
from offchain.generation.training.history import HISTORY, Point, as_lines, keep_history

if TYPE_CHECKING:
    from types import FrameType

    from torch import Tensor

__all__ = ["Report", "Trained", "Trainee", "train"]

Report: TypeAlias = Callable[[int, int, Mapping[str, float]], None]
"""Called after every step with (done, all, the losses of this step)."""


class Trainee(Protocol):
    """A model in training. All randomness of step n comes from (seed, n), so a resumed run equals an unbroken one."""

    def step(self, number: int) -> Mapping[str, float]:
        """One optimiser step, counted from 1; losses by name."""

    def state(self) -> dict[str, Tensor]:
        """All that resuming needs: weights, averages, optimiser."""

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take up such a state."""

    def shipped(self) -> dict[str, Tensor]:
        """What becomes the weights file."""

    def evaluate(self) -> Mapping[str, float]:
        """Figures for the model card."""


@dataclass(frozen=True, slots=True)
class Trained:
    """How a training went.

    Attributes:
        steps: done in all, resumed ones included.
        seconds: CPU seconds that they took.
        resumed: the step that this call started from.
        history: every step's losses.
    """

    steps: int
    seconds: float
    resumed: int
    history: tuple[Point, ...]


def train(
    trainee: Trainee,
    folder: Path,
    *,
    steps: int,
    save_every: int = 200,
    seconds: float | None = None,
    report: Report | None = None,
) -> Trained:
    """Train until all steps are done or the time is spent, going on from the folder's newest checkpoint.

    Args:
        trainee: fresh; it takes up the checkpoint's state.
        folder: where checkpoints and `history.jsonl` lie; see `claim_folder` for keeping another training out.
        steps: to be done in all.
        save_every: steps between two checkpoints.
        seconds: CPU seconds to spend in all, resumed ones included; None for no limit.
        report: told after every step.

    Raises:
        InputError: `training-diverged`: a loss is no number; `checkpoint-damaged`.
        KeyboardInterrupt: after an interrupt, once the step in progress is done and saved.
    """
    done, spent = _resume(trainee, folder)
    history = keep_history(folder / HISTORY, done)
    resumed, began, unsaved = done, time.process_time() - spent, list[Point]()
    with _interrupts() as interrupted:
        while done < steps and not interrupted() and (seconds is None or spent < seconds):
            losses = _step(trainee, done + 1, folder)
            done, spent = done + 1, time.process_time() - began
            unsaved.append(Point(done, round(spent, 3), losses))
            if done % save_every == 0:
                history += _saved(trainee, folder, unsaved)
            if report is not None:
                report(done, steps, losses)
        history += _saved(trainee, folder, unsaved)
        if interrupted():
            raise KeyboardInterrupt
    return Trained(done, spent, resumed, tuple(history))


def _resume(trainee: Trainee, folder: Path) -> tuple[int, float]:
    """Steps done and CPU seconds spent so far."""
    checkpoint = latest_checkpoint(folder)
    if checkpoint is None:
        return 0, 0.0
    trainee.restore(checkpoint.state)
    return checkpoint.step, checkpoint.seconds


def _step(trainee: Trainee, number: int, folder: Path) -> dict[str, float]:
    losses = {name: float(value) for name, value in trainee.step(number).items()}
    broken = [name for name, value in losses.items() if not math.isfinite(value)]
    if broken:
        raise InputError(
            "training-diverged",
            f"the loss {broken[0]} is {losses[broken[0]]} at step {number}",
            "lower the learning rate, or take another seed, in a folder of its own",
            checkpoints=str(folder),
        )
    return losses


def _saved(trainee: Trainee, folder: Path, unsaved: list[Point]) -> list[Point]:
    """Save history, then the checkpoint, which is what counts: later lines of history are dropped on resuming."""
    points = unsaved.copy()
    if points:
        with (folder / HISTORY).open("a") as file:
            file.write(as_lines(points))
        save_checkpoint(folder, points[-1].step, points[-1].seconds, trainee.state())
        unsaved.clear()
    return points


@contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed; a second one interrupts at once.

    A step that is cut in two has moved some weights and not others, so the first one waits for the step's end.
    """
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return

    def note(_number: int, _frame: FrameType | None) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
