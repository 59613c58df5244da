"""What people asked for, taken out of a journal that earlier code wrote."""

from __future__ import annotations

import pickle

from offchain.workflows.requests import RegistrationRequest

ASKED = RegistrationRequest("0x" + "11" * 20, "Mine", permits=(7,), shares=(("0x" + "22" * 20, 1_000_000),))


def test_registration_request__pickled__comes_back_whole():
    assert pickle.loads(pickle.dumps(ASKED)) == ASKED  # noqa: S301 - our own


def test_registration_request__pickled_before_it_had_shares__all_are_the_registrants():
    """Frozen classes with slots are pickled as their values in order."""

    class Older:
        def __reduce__(self) -> tuple[object, ...]:
            state = [getattr(ASKED, name) for name in RegistrationRequest.__slots__[:-3]]
            return (RegistrationRequest.__new__, (RegistrationRequest,), state)

    found = pickle.loads(pickle.dumps(Older()))  # noqa: S301 - our own
    assert (found.permits, found.source_type, found.shares, found.relay) == ((7,), "digitalCreation", (), True)
