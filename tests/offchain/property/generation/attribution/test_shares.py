"""Whatever the weights: units add up exactly, nobody is rounded past a unit, and no order matters."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from offchain.generation.attribution.shares import account_weights, apportion, split
from offchain.generation.provenance import sha256_text
from offchain.generation.training import TrainingFile, TrainingManifest
from offchain.money import UNITS

names = st.text("abcdef", min_size=1, max_size=3)
parts = st.one_of(st.integers(0, 10), st.integers(0, 2**80), st.floats(0, 1e300), st.floats(0, 1e-300)).map(Fraction)
weights = st.dictionaries(names, parts, min_size=1, max_size=30).filter(lambda drawn: any(drawn.values()))
totals = st.one_of(st.just(UNITS), st.integers(1, 50))
accounts = st.one_of(st.none(), st.integers(1, 6).map("0x{:040x}".format))


@st.composite
def manifests(draw):
    """Files of few accounts, some without one, some the same work twice."""
    owners = draw(st.dictionaries(st.integers(0, 20), accounts, min_size=1, max_size=20))
    copies = draw(st.lists(st.sampled_from(sorted(owners)), max_size=5))
    files = [
        TrainingFile(f"{place}.mid", sha256_text(bytes([work])), "A", "S", "CC0-1.0", "T", owners[work])
        for place, work in enumerate([*owners, *copies])
    ]
    return TrainingManifest("set", tuple(draw(st.permutations(files))), "known")


@given(weights, totals)
def test_apportion__any_weights__gives_out_all_units_each_quota_rounded_down_or_up(drawn, total):
    units, whole = apportion(drawn, total), sum(drawn.values())

    assert sum(units.values()) == total
    assert all(abs(units[name] - total * weight / whole) < 1 for name, weight in drawn.items())


@given(weights, totals)
def test_apportion__who_weighs_more__never_gets_less(drawn, total):
    units = apportion(drawn, total)

    by_weight = sorted(drawn, key=lambda name: (drawn[name], units[name]))
    assert [units[name] for name in by_weight] == sorted(units.values())


@given(weights, totals, st.randoms(use_true_random=False))
def test_apportion__names_in_another_order__get_the_same(drawn, total, random):
    names_in_some_order = list(drawn)
    random.shuffle(names_in_some_order)

    assert apportion({name: drawn[name] for name in names_in_some_order}, total) == apportion(drawn, total)


@given(weights, totals, st.integers(1, 10**9))
def test_apportion__all_weights_scaled__get_the_same(drawn, total, factor):
    assert apportion({name: weight * factor for name, weight in drawn.items()}, total) == apportion(drawn, total)


@given(manifests())
def test_split__equal_per_work__is_in_proportion_to_each_accounts_distinct_works(manifest):
    owned = {file.sha256: file.account for file in manifest.files if file.account}
    assume(owned)

    holders = split(manifest)

    assert sum(holder.units for holder in holders) == UNITS
    for holder in holders:
        mine = sum(account == holder.account for account in owned.values())
        assert holder.works == mine
        assert abs(holder.units - UNITS * mine / len(owned)) < 1


@given(manifests(), st.randoms(use_true_random=False))
def test_split__files_in_another_order__same_holders_and_same_work_id(manifest, random):
    assume(any(file.account for file in manifest.files))
    shuffled = list(manifest.files)
    random.shuffle(shuffled)
    other = TrainingManifest("set", tuple(shuffled), "known")

    assert split(other) == split(manifest)
    assert other.digest == manifest.digest


@given(manifests())
def test_account_weights__works_without_an_account__leave_the_others_proportion_as_it_is(manifest):
    paid = tuple(file for file in manifest.files if file.account)
    assume(paid)
    alone = TrainingManifest("set", paid, "known")

    assert split(alone) == split(manifest)
    assert account_weights(manifest, {}) == dict.fromkeys((file.account for file in paid), Fraction(0))
