"""Pictures by the shipped model: made, made again, replayed, and what is refused."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from offchain import generation
from offchain.errors import InputError, RefusedError
from offchain.generation import canonical
from offchain.generation.image import CLASSES, ImageParams, making
from offchain.generation.image.encoding import decoded, encoded
from offchain.generation.image.model import FOLDER, load_model
from offchain.generation.image.painting import latent_numbers, paint
from offchain.generation.provenance import sha256_text

SMALL = ImageParams(size=64)


@pytest.fixture(scope="module")
def flag(image_runtime):
    return generation.generate("flags", SMALL, 7, created=1, runtime=image_runtime)


def _relabelled(made, levels):
    """The record of other levels, as somebody would write it who claims that they were made so."""
    data = encoded(levels)
    output = made.provenance["output"] | {"sha256": sha256_text(data), "bytes": len(data)}
    return made.provenance | {"output": output}, data


def test_generate__any_class__is_a_png_of_the_size_asked_with_a_record_of_it(image_runtime):
    for name in set(CLASSES) - {"stars"}:
        made = generation.generate(name, ImageParams(), 1, created=1_700_000_000, runtime=image_runtime)

        with Image.open(io.BytesIO(made.data)) as picture:
            assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (256, 256))
        record = made.provenance
        assert record["kind"] == "image"
        assert record["output"]["sha256"] == "0x" + hashlib.sha256(made.data).hexdigest()
        assert record["prompt"]["sha256"] == "0x" + hashlib.sha256(name.encode()).hexdigest()
        assert record["parameters"] == {"truncation": "1", "size": 256}
        assert record["draws"]["values"] == 64 * 64 * 3
        canonical(record)


def test_generate__nothing_drawn__is_refused(image_runtime, monkeypatch):
    """No work is made of a white sheet; which seeds leave one is up to the weights, so it is made white here."""

    def white(*asked):
        painted = paint(*asked)
        return replace(painted, levels=painted.levels * 0 + 230)

    monkeypatch.setattr(making, "paint", white)
    with pytest.raises(InputError) as caught:
        generation.generate("flags", SMALL, 0, created=1, runtime=image_runtime)

    assert caught.value.code == "generation-empty"


def test_generate__record__names_pixels_model_and_training_set(flag):
    pixels = decoded(flag.data, 64)
    model = flag.provenance["model"]

    assert flag.provenance["draws"]["pixels_sha256"] == sha256_text(pixels.tobytes())
    assert model["tokenizer"] is None
    assert model["weights"] != model["training"]


def test_generate__two_seeds_or_two_classes__are_different_pictures(flag, image_runtime):
    other = generation.generate("flags", SMALL, 8, created=1, runtime=image_runtime)
    plant = generation.generate("plants", SMALL, 7, created=1, runtime=image_runtime)

    assert len({flag.data, other.data, plant.data}) == 3


def test_generate__no_truncation_left__is_the_same_for_every_seed(image_runtime):
    params = ImageParams(truncation=0, size=64)
    one, other = (generation.generate("food", params, seed, created=1, runtime=image_runtime) for seed in (1, 2))

    assert one.data == other.data


def test_generate_batch__each__is_as_alone_and_progress_is_told(flag, image_runtime):
    told = []
    batch = generation.generate_batch(
        ["plants", "flags"], SMALL, [3, 7], created=1, runtime=image_runtime, progress=lambda *at: told.append(at)
    )

    assert batch[1] == flag
    assert told == [(1, 2), (2, 2)]


def test_generate_batch__cancelled__raises_what_progress_raised(image_runtime):
    def stop(_done, _most):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        generation.generate_batch(["food"] * 3, SMALL, [1, 2, 3], created=1, runtime=image_runtime, progress=stop)


def test_generate__two_threads__gives_the_same_bytes(flag, image_runtime):
    again = generation.generate("flags", SMALL, 7, created=1, runtime=replace(image_runtime, threads=2))

    assert again.data == flag.data


def test_reproduce__own_record__gives_the_same(flag, image_runtime):
    assert generation.reproduce(flag.provenance, "flags", runtime=image_runtime) == flag


def test_reproduce__another_seed_in_the_record__is_refused(flag, image_runtime):
    with pytest.raises(RefusedError) as caught:
        generation.reproduce(flag.provenance | {"seed": 8}, "flags", runtime=image_runtime)

    assert caught.value.code == "provenance-mismatch"


def test_reproduce__another_model_in_the_record__is_refused(flag, image_runtime):
    model = flag.provenance["model"] | {"weights": "0x" + "00" * 32}
    with pytest.raises(RefusedError, match="model"):
        generation.reproduce(flag.provenance | {"model": model}, "flags", runtime=image_runtime)


def test_reproduce__parameters_of_another_kind__are_refused(flag, image_runtime):
    with pytest.raises(InputError) as caught:
        generation.reproduce(flag.provenance | {"parameters": {"temperature": "1"}}, "flags", runtime=image_runtime)

    assert caught.value.code == "provenance-malformed"


@pytest.mark.parametrize("size", [64, 256])
def test_replay__own_picture__is_accepted_exactly(size, image_runtime):
    made = generation.generate("signs", ImageParams(size=size), 5, created=1, runtime=image_runtime)
    verdict = generation.replay(made.provenance, made.data, "signs", runtime=image_runtime)

    assert verdict.accepted
    assert (verdict.draws, verdict.worst, verdict.position) == (size * size * 3, 0, None)


def test_replay__one_level_off__is_another_processor_and_two_are_not(flag, image_runtime):
    levels = decoded(flag.data, 64).astype(np.int16)
    up = np.where(levels > 250, -1, 1)
    near = _relabelled(flag, (levels + up).astype(np.uint8))
    far = levels.copy()
    far[3, 4, 1] += 2 * up[3, 4, 1]

    assert generation.replay(*near, "flags", runtime=image_runtime).accepted
    verdict = generation.replay(*_relabelled(flag, far.astype(np.uint8)), "flags", runtime=image_runtime)
    assert not verdict.accepted
    assert (verdict.worst, verdict.position) == (2, (3 * 64 + 4) * 3 + 1)


def test_replay__other_bytes_than_recorded__are_refused(flag, image_runtime):
    _, data = _relabelled(flag, 255 - decoded(flag.data, 64))
    with pytest.raises(RefusedError):
        generation.replay(flag.provenance, data, "flags", runtime=image_runtime)


@pytest.mark.parametrize("prompt", ["", "x" * 100_000, "a red bird"])
def test_generate__no_class__is_refused(prompt, image_runtime):
    with pytest.raises(InputError) as caught:
        generation.generate(prompt, SMALL, 1, created=1, runtime=image_runtime)

    assert caught.value.code == "class-unknown"


@pytest.mark.parametrize("wrong", [{"truncation": -0.1}, {"truncation": 1.01}, {"size": 100}, {"size": 0}])
def test_params__out_of_range__are_refused(wrong):
    with pytest.raises(InputError) as caught:
        ImageParams(**wrong)

    assert caught.value.code == "parameter-out-of-range"


def test_load_model__corrupt_weights__are_refused(tmp_path):
    for name in ("card.json", "training.json", "model.safetensors"):
        data = bytearray((FOLDER / name).read_bytes())
        if name == "model.safetensors":
            data[-1] ^= 1
        (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError) as caught:
        load_model("cpu", tmp_path)

    assert caught.value.code == "model-mismatch"


def test_paint__margin__is_the_error_that_changes_a_level():
    """At a margin m no value within m of its own rounds otherwise: half a level less what it is off."""
    network = load_model("cpu").network
    painted = paint(network, 0, 1.0, 11)
    latent = torch.tensor([latent_numbers(11, network.latent)], dtype=torch.float64)
    with torch.inference_mode():
        exact = (network(latent, torch.tensor([0]))[0].permute(1, 2, 0).numpy() + 1) * 127.5

    for error in (0.99 * painted.margin, -0.99 * painted.margin):
        assert (np.rint(exact + error) == painted.levels).all()
    both = [
        (np.rint(exact + error) != painted.levels).any() for error in (1.01 * painted.margin, -1.01 * painted.margin)
    ]
    assert any(both)
