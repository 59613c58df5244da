"""A GPU whose memory is too small for music or pictures, which no test machine can be asked to have."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from offchain.errors import InputError
from offchain.generation import Runtime, generate
from offchain.generation.image import ImageParams, making
from offchain.generation.music import MusicParams, writing

KINDS = [(making, "paint", "flags", ImageParams(size=64)), (writing, "draw", "", MusicParams(bars=1))]


@pytest.fixture(params=KINDS, ids=["image", "music"])
def full(request, monkeypatch):
    """Prompt and parameters of a kind whose first run finds no memory left."""
    room, name, prompt, params = request.param
    run, tried = getattr(room, name), []

    def short(*asked: object) -> object:
        tried.append(asked)
        if len(tried) == 1:
            raise torch.cuda.OutOfMemoryError
        return run(*asked)

    monkeypatch.setattr(room, name, short)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (10**6, 10**9))
    return prompt, params


def test_generate__gpu_too_small_and_not_asked_for__made_on_the_cpu(full):
    prompt, params = full
    made = generate(prompt, params, 7, created=1, runtime=Runtime(Path()))

    assert made.provenance["device"]["kind"] == "cpu"


def test_generate__device_asked_for_too_small__says_how_much_is_free(full):
    prompt, params = full
    with pytest.raises(InputError) as caught:
        generate(prompt, params, 7, created=1, runtime=Runtime(Path(), device="cpu"))

    assert (caught.value.code, caught.value.facts) == ("memory-short", {"free": 1, "whole": 1000})
