"""Works of many seeds: one that comes out empty takes none of the others along."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from offchain.errors import InputError
from offchain.generation import Runtime
from offchain.generation.image import making
from offchain.generation.image.params import ImageParams
from offchain.workflows.making import make_works
from offchain.workflows.requests import GenerationRequest

ASKED = GenerationRequest("flags", ImageParams(size=64), count=4)
RUNTIME = Runtime(Path("unused"))


@pytest.fixture(autouse=True)
def _odd_seeds_leave_white_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which seeds do is up to the weights."""
    paint = making.paint

    def some(network, number, truncation, seed):
        painted = paint(network, number, truncation, seed)
        return replace(painted, levels=painted.levels * 0 + 255) if seed % 2 else painted

    monkeypatch.setattr(making, "paint", some)


def test_make_works__some_seeds_give_nothing__others_are_made_as_alone():
    told = list[tuple[int, int]]()
    made = make_works(
        ASKED, range(4), created=1, runtime=RUNTIME, progress=lambda done, most: told.append((done, most))
    )
    assert [(each.seed, each.work is None) for each in made] == [(0, False), (1, True), (2, False), (3, True)]
    assert {each.error.code for each in made if each.error} == {"generation-empty"}
    (alone,) = make_works(ASKED, [2], created=1, runtime=RUNTIME)
    assert alone == made[2]
    assert all(done <= most for done, most in told)


def test_make_works__single_work_is_empty__refused():
    with pytest.raises(InputError) as caught:
        make_works(replace(ASKED, count=1), [1], created=1, runtime=RUNTIME)
    assert caught.value.code == "generation-empty"
