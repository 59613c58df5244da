"""Trainings that are killed, interrupted, spoilt or cut short, with a real optimiser and real processes."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from offchain.errors import InputError
from offchain.generation.training.checkpoints import latest_checkpoint
from offchain.generation.training.history import HISTORY, keep_history
from offchain.generation.training.loop import train
from tests.offchain.integration.generation.training.tiny import Tiny

ROOT = Path(__file__).resolve().parents[5]


def started(folder: Path, steps: int, save_every: int) -> subprocess.Popen[str]:
    module = "tests.offchain.integration.generation.training.tiny"
    return subprocess.Popen(
        [sys.executable, "-m", module, str(folder), str(steps), str(save_every)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def unbroken(steps: int, folder: Path) -> Tiny:
    trainee = Tiny(3)
    train(trainee, folder, steps=steps)
    return trainee


def same(one: Tiny, other: Tiny) -> bool:
    mine, theirs = one.state(), other.state()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_train__killed_between_checkpoints_then_resumed__ends_bit_for_bit_as_if_unbroken(tmp_path):
    process = started(tmp_path / "killed", 1_000_000, 7)
    while process.stdout is not None and int(process.stdout.readline()) < 25:
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    reached = latest_checkpoint(tmp_path / "killed")
    assert reached is not None
    assert reached.step >= 21

    resumed = Tiny(3)
    trained = train(resumed, tmp_path / "killed", steps=reached.step + 9)

    assert trained.resumed == reached.step
    assert [point.step for point in trained.history] == list(range(1, reached.step + 10))
    assert same(resumed, unbroken(reached.step + 9, tmp_path / "unbroken"))


def test_train__interrupted_by_ctrl_c__finishes_the_step_and_saves_it(tmp_path):
    process = started(tmp_path, 1_000_000, 1_000_000)
    assert process.stdout is not None
    for _ in range(5):
        process.stdout.readline()
    process.send_signal(signal.SIGINT)
    output, error = process.communicate()

    last = int(output.split()[-1]) if output.split() else 5
    saved = latest_checkpoint(tmp_path)
    assert "KeyboardInterrupt" in error
    assert saved is not None
    assert saved.step == last


def test_train__newest_checkpoint_damaged__goes_on_from_the_one_before(tmp_path):
    unbroken_to_20 = unbroken(20, tmp_path / "unbroken")
    train(Tiny(3), tmp_path / "damaged", steps=12, save_every=5)
    newest = tmp_path / "damaged" / "checkpoint-00000012.safetensors"
    newest.write_bytes(newest.read_bytes()[:-1] + b"\xff")

    resumed = Tiny(3)
    trained = train(resumed, tmp_path / "damaged", steps=20)

    assert trained.resumed == 10
    assert same(resumed, unbroken_to_20)


def test_train__every_checkpoint_damaged__refuses_instead_of_starting_anew(tmp_path):
    train(Tiny(3), tmp_path, steps=10, save_every=5)
    for tensors in tmp_path.glob("*.safetensors"):
        tensors.write_bytes(b"")

    with pytest.raises(InputError) as refused:
        train(Tiny(3), tmp_path, steps=20)

    assert refused.value.code == "checkpoint-damaged"


def test_train__many_checkpoints__keeps_the_newest_two(tmp_path):
    train(Tiny(3), tmp_path, steps=23, save_every=5)

    assert sorted(path.stem for path in tmp_path.glob("*.safetensors")) == [
        "checkpoint-00000020",
        "checkpoint-00000023",
    ]
    assert len(list(tmp_path.glob("checkpoint-*.json"))) == 2


def test_train__loss_is_no_number__stops_and_leaves_the_checkpoint_before(tmp_path):
    class Spoilt(Tiny):
        def step(self, number):
            return {"error": math.nan} if number == 8 else super().step(number)

    with pytest.raises(InputError) as stopped:
        train(Spoilt(3), tmp_path, steps=20, save_every=5)

    saved = latest_checkpoint(tmp_path)
    assert stopped.value.code == "training-diverged"
    assert saved is not None
    assert saved.step == 5


def test_train__seconds_are_spent__stops_early_and_counts_resumed_seconds(tmp_path):
    trainee = Tiny(3)
    first = train(trainee, tmp_path, steps=1_000_000, seconds=0.05)
    again = train(Tiny(3), tmp_path, steps=1_000_000, seconds=0.05)

    assert 0 < first.steps < 1_000_000
    assert again.steps == first.steps
    assert again.seconds >= 0.05


def test_train__all_steps_done__does_nothing_more(tmp_path):
    train(Tiny(3), tmp_path, steps=5)
    told = []

    trained = train(Tiny(3), tmp_path, steps=5, report=lambda *step: told.append(step))

    assert (trained.steps, told) == (5, [])


def test_keep_history__last_line_cut_off__drops_it_and_what_the_checkpoint_lacks(tmp_path):
    train(Tiny(3), tmp_path, steps=6)
    path = tmp_path / HISTORY
    path.write_text(path.read_text() + '{"step": 7, "sec')

    kept = keep_history(path, 4)

    assert [point.step for point in kept] == [1, 2, 3, 4]
    assert path.read_text().count("\n") == 4
