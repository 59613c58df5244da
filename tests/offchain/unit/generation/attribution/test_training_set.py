"""The training set as a work, and how a record names it."""

from __future__ import annotations

import hashlib

import pytest

from offchain.errors import InputError, RefusedError
from offchain.generation.attribution.shares import Holder
from offchain.generation.attribution.training_set import training_parent, training_set

ADA, BEN = ("0x" + digit * 40 for digit in "12")


def test_training_set__of_a_manifest__is_the_work_whose_master_it_is(manifest_of):
    manifest = manifest_of(ADA, BEN, licence="CC-BY-SA-4.0")

    found = training_set(manifest)

    assert found.work == "0x" + hashlib.sha256(found.master).hexdigest()
    assert found.master == manifest.canonical()
    assert found.holders == (Holder(ADA, 500_000, 1), Holder(BEN, 500_000, 1))
    assert found.constraints.share_alike == {"CC-BY-SA-4.0"}


def test_training_set__by_influence__takes_the_weights(manifest_of):
    manifest = manifest_of(ADA, BEN)
    weights = {manifest.files[0].sha256: 3.0, manifest.files[1].sha256: 1.0}

    assert training_set(manifest, "influence", weights).holders == (Holder(ADA, 750_000, 1), Holder(BEN, 250_000, 1))


@pytest.mark.parametrize(("rule", "weights"), [("influence", None), ("equal-per-work", {}), ("by-age", None)])
def test_training_set__rule_and_weights_that_do_not_fit__are_refused(manifest_of, rule, weights):
    with pytest.raises(InputError) as refused:
        training_set(manifest_of(ADA), rule, weights)

    assert refused.value.code == "parameter-out-of-range"


def test_training_set__licences_that_cannot_both_be_kept__is_refused(manifest_of):
    manifest = manifest_of(ADA, licence="CC-BY-SA-4.0 AND CC-BY-NC-SA-4.0")

    with pytest.raises(RefusedError) as refused:
        training_set(manifest)

    assert refused.value.code == "licences-incompatible"


def test_training_parent__model_with_a_training_set__names_its_work(manifest_of):
    manifest = manifest_of(ADA)

    parent = training_parent({"name": "m", "training": manifest.digest})

    assert parent == {"work": training_set(manifest).work, "relation": "training-set"}


def test_training_parent__model_whose_maker_states_none__is_none():
    assert training_parent({"name": "SmolLM2", "training": None}) is None
