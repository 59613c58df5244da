"""Which licences a training file may have, and what they ask of generated works."""

from __future__ import annotations

import pytest

from offchain.errors import InputError, RefusedError
from offchain.generation.training.licences import LICENCES, Constraints, check_licences, constraints, refuse_terms

FREE = Constraints(non_commercial=False, share_alike=frozenset(), attribution=False)


@pytest.mark.parametrize("licence", ["", "proprietary", "CC-BY", "MIT OR Apache-2.0", "CC0-1.0 AND ", "cc0-1.0"])
def test_check_licences__not_known__refuses_the_file_by_name(manifest_of, licence):
    with pytest.raises(InputError, match=r"1\.svg") as refused:
        check_licences(manifest_of("CC0-1.0", licence))

    assert refused.value.code == "licence-unknown"


@pytest.mark.parametrize("licence", ["CC-BY-ND-4.0", "CC-BY-NC-ND-3.0", "CC0-1.0 AND CC-BY-ND-4.0"])
def test_check_licences__forbids_adaptation__refuses_the_file_by_name(manifest_of, licence):
    with pytest.raises(RefusedError, match=r"1\.svg") as refused:
        check_licences(manifest_of("MIT", licence))

    assert refused.value.code == "licence-forbids-training"


def test_check_licences__no_files__is_refused(manifest_of):
    with pytest.raises(InputError, match="no files"):
        check_licences(manifest_of())


def test_constraints__public_domain_only__asks_nothing(manifest_of):
    assert constraints(manifest_of("CC0-1.0", "LicenseRef-PublicDomain", "CC-PDDC")) == FREE


@pytest.mark.parametrize("licence", ["MIT", "CC-BY-4.0", "LicenseRef-PublicDomain AND BSD-3-Clause"])
def test_constraints__one_file_asks_for_its_maker_to_be_named__so_does_the_set(manifest_of, licence):
    assert constraints(manifest_of("CC0-1.0", licence)).attribution


def test_constraints__one_file_non_commercial__so_is_the_set(manifest_of):
    assert constraints(manifest_of("CC0-1.0", "CC-BY-NC-4.0", "MIT")).non_commercial


@pytest.mark.parametrize(
    ("licences", "allowed"),
    [
        (["CC-BY-SA-4.0", "MIT"], {"CC-BY-SA-4.0"}),
        (["CC-BY-SA-3.0"], {"CC-BY-SA-3.0", "CC-BY-SA-4.0"}),
        (["CC-BY-SA-3.0", "CC-BY-SA-4.0"], {"CC-BY-SA-4.0"}),
    ],
)
def test_constraints__share_alike__names_the_licences_that_fulfil_all(manifest_of, licences, allowed):
    """CC BY-SA 3.0 §4(b)(ii): an adaptation may be under a later version; 4.0 has none later."""
    assert constraints(manifest_of(*licences)).share_alike == allowed


def test_constraints__share_alikes_that_no_licence_fulfils__are_refused(manifest_of):
    """CC BY-NC-SA 4.0 §3(b) asks for itself, CC BY-SA 4.0 §3(b) for itself: one work cannot be under both."""
    with pytest.raises(RefusedError) as refused:
        constraints(manifest_of("CC-BY-SA-4.0", "CC-BY-NC-SA-4.0"))

    assert refused.value.code == "licences-incompatible"


@pytest.mark.parametrize("private", ["CC-BY-NC-4.0", "CC-BY-NC-SA-4.0 AND CC-BY-NC-2.0"])
def test_constraints__commercial_share_alike_beside_a_non_commercial_file__is_refused(manifest_of, private):
    """CC BY-SA grants everyone commercial uses, which the other file's licence keeps from them."""
    with pytest.raises(RefusedError, match="CC-BY-NC") as refused:
        constraints(manifest_of("CC-BY-SA-4.0", private))

    assert refused.value.code == "licences-incompatible"


def test_constraints__non_commercial_share_alike_beside_a_non_commercial_file__is_allowed(manifest_of):
    assert constraints(manifest_of("CC-BY-NC-SA-4.0", "CC-BY-NC-3.0")) == Constraints(
        non_commercial=True, share_alike=frozenset({"CC-BY-NC-SA-4.0"}), attribution=True
    )


def test_refuse_terms__share_alike_set_offered_here__remedy_names_no_licence_that_cannot_be_chosen(manifest_of):
    """The standard terms are no Creative Commons licence."""
    with pytest.raises(RefusedError) as refused:
        refuse_terms(constraints(manifest_of("CC-BY-SA-4.0")), commercial=True, licence=None)

    assert "without an offer" in refused.value.remedy
    assert "CC-BY-SA" not in refused.value.remedy


def test_refuse_terms__non_commercial_set__forbids_commercial_terms_only(manifest_of):
    asked = constraints(manifest_of("CC-BY-NC-4.0"))

    refuse_terms(asked, commercial=False, licence=None)
    with pytest.raises(RefusedError) as refused:
        refuse_terms(asked, commercial=True, licence=None)

    assert refused.value.code == "terms-non-commercial"


@pytest.mark.parametrize("offered", [None, "CC-BY-4.0", "CC-BY-SA-3.0"])
def test_refuse_terms__share_alike_set__forbids_every_other_licence(manifest_of, offered):
    asked = constraints(manifest_of("CC-BY-SA-4.0"))

    refuse_terms(asked, commercial=True, licence="CC-BY-SA-4.0")
    with pytest.raises(RefusedError) as refused:
        refuse_terms(asked, commercial=True, licence=offered)

    assert refused.value.code == "terms-share-alike"


def test_refuse_terms__free_set__allows_all():
    refuse_terms(FREE, commercial=True, licence=None)


def test_licences__creative_commons_names__say_what_they_mean():
    """The elements of a Creative Commons licence are its conditions: NC, ND, SA."""
    for name, licence in LICENCES.items():
        if name.startswith("CC-BY"):
            assert licence.commercial == ("-NC" not in name), name
            assert licence.derivatives == ("-ND" not in name), name
            assert bool(licence.share_alike) == ("-SA" in name), name
            assert licence.attribution, name
