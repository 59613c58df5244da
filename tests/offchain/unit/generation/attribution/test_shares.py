"""Royalty shares of a training set: worked examples, and weights that are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from offchain.errors import InputError, RefusedError
from offchain.generation.attribution.shares import Holder, apportion, split
from offchain.generation.training import TrainingManifest

ADA, BEN, CLEO = ("0x" + digit * 40 for digit in "123")


def test_split__two_works_to_one__pays_two_thirds_and_the_spare_unit_to_the_largest_remainder(manifest_of):
    """1,000,000 · 2/3 = 666,666.67 and 333,333.33: the unit that is left goes to the first."""
    assert split(manifest_of(ADA, BEN, ADA)) == (Holder(ADA, 666_667, 2), Holder(BEN, 333_333, 1))


def test_split__equals__share_what_is_left_by_the_order_of_their_names(manifest_of):
    holders = split(manifest_of(CLEO, BEN, ADA))

    assert holders == (Holder(ADA, 333_334, 1), Holder(BEN, 333_333, 1), Holder(CLEO, 333_333, 1))


def test_split__works_in_the_public_domain__take_nothing(manifest_of):
    assert split(manifest_of(None, ADA, None)) == (Holder(ADA, 1_000_000, 1),)


def test_split__nobody_to_pay__is_refused(manifest_of):
    with pytest.raises(RefusedError) as refused:
        split(manifest_of(None, None))

    assert refused.value.code == "nobody-to-pay"


def test_split__measured_weights__pay_in_their_proportion_and_leave_out_who_counts_nothing(manifest_of):
    manifest = manifest_of(ADA, BEN, CLEO, None)
    works = [file.sha256 for file in manifest.files]

    holders = split(manifest, dict(zip(works, (0.75, 0.25, 0.0, 9.0), strict=True)))

    assert holders == (Holder(ADA, 750_000, 1), Holder(BEN, 250_000, 1))


@pytest.mark.parametrize("weight", [-1e-9, float("inf"), float("nan")])
def test_split__weight_that_is_none__is_refused(manifest_of, weight):
    manifest = manifest_of(ADA)

    with pytest.raises(InputError) as refused:
        split(manifest, {manifest.files[0].sha256: weight})

    assert refused.value.code == "weight-malformed"


def test_split__weight_of_a_stranger__is_refused(manifest_of):
    with pytest.raises(InputError, match="weighs"):
        split(manifest_of(ADA), {"0x" + "0" * 64: 1.0})


def test_split__account_in_two_spellings__is_one_account(manifest_of):
    lower, upper = "0x" + "ab" * 20, "0x" + "AB" * 20

    assert split(manifest_of(lower, upper)) == (Holder(lower, 1_000_000, 2),)


def test_split__same_work_under_two_paths__counts_once(manifest_of):
    manifest = manifest_of(ADA, BEN)
    again = replace(manifest.files[0], path="again.mid")

    holders = split(TrainingManifest("songs", (*manifest.files, again), "known"))

    assert {holder.account: holder.units for holder in holders} == {ADA: 500_000, BEN: 500_000}


def test_split__same_work_of_two_accounts__is_refused(manifest_of):
    manifest = manifest_of(ADA, BEN)
    claimed = replace(manifest.files[0], path="claimed.mid", account=CLEO)

    with pytest.raises(InputError) as refused:
        split(TrainingManifest("songs", (*manifest.files, claimed), "known"))

    assert refused.value.code == "account-ambiguous"


def test_split__file_without_known_licence__is_refused_before_anybody_is_paid(manifest_of):
    with pytest.raises(InputError) as refused:
        split(manifest_of(ADA, licence="all rights reserved"))

    assert refused.value.code == "licence-unknown"


def test_apportion__more_names_than_units__gives_single_units_to_the_heaviest():
    assert apportion({"a": 1, "b": 3, "c": 2}, 2) == {"a": 0, "b": 1, "c": 1}
