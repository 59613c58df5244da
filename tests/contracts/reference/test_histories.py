"""Two thousand random histories against the model; COLOPHON_HISTORIES plays more or fewer."""

from __future__ import annotations

import os

import pytest

from tests.contracts.reference import evm
from tests.contracts.reference.author import Author
from tests.contracts.reference.campaign import Tries, tried
from tests.contracts.reference.evm import artefact
from tests.contracts.reference.histories import History, MismatchError, shortest
from tests.contracts.reference.states import STATES
from tests.contracts.reference.system import CONTRACTS, System

USUAL = 2_000
HISTORIES = int(os.environ.get("COLOPHON_HISTORIES", str(USUAL)))
NOT_MET = {
    "AccountBalanceOverflow": "2^32 tokens of one account",
    "BalanceQueryForZeroAddress": "a view",
    "OwnableInvalidOwner": "ownership does not move here",
    "OwnableUnauthorizedAccount": "ownership does not move here",
    "Reentrancy": "these tokens call nobody",
    "RoyaltyLedger__CurrencyExists": "the currencies are set up once",
    "RoyaltyLedger__InsufficientGas": "these calls have all the gas there is",
    "RoyaltyLedger__NotAToken": "the currencies are set up once",
    "RoyaltyLedger__TooManyCurrencies": "the currencies are set up once",
    "TokenAlreadyExists": "named by AlreadyRegistered",
    "TransferToNonERC721ReceiverImplementer": "there is no safe transfer here",
    "WorkRegistry__EpochsUsedUp": "2^24 transfers",
    "WorkRegistry__SeriesUsedUp": "31 judgements over one work",
}
"""Errors that these histories cannot meet, and why; unit tests meet them."""


@pytest.fixture(scope="module")
def tries() -> Tries:
    return tried(range(HISTORIES))


def test_histories__any_calls_in_any_order__chain_does_what_the_rules_say(tries):
    """M1 to M8, R1 and R3 to R6: results, refusals and every balance touched; the books when everybody has left."""
    assert not tries.failures, "\n\n".join(tries.failures[:3])
    assert tries.histories == HISTORIES


def test_histories__two_thousand__meet_every_error_that_calls_can_meet(tries):
    """A rule that no history runs into is a rule that no history tests."""
    met = {outcome for _, outcome in tries.outcomes}
    declared = {entry["name"] for name in CONTRACTS for entry in artefact(name)["abi"] if entry["type"] == "error"}
    assert declared - met == set(NOT_MET) or HISTORIES < USUAL


@pytest.mark.parametrize("state", STATES)
def test_histories__two_thousand__reach_every_rare_state_often(tries, state):
    """In one history of twenty at least: a state that is hardly ever met is hardly ever tested."""
    assert tries.states[state] >= HISTORIES / 20 or HISTORIES < USUAL


@pytest.fixture
def mutant(monkeypatch):
    """Deploys contracts of which one constant was changed."""

    def make(contract: str, was: str, becomes: str) -> System:
        code = artefact(contract)["bytecode"]
        assert was in code
        changed = {**artefact(contract), "bytecode": code.replace(was, becomes)}
        real = evm.artefact
        monkeypatch.setattr(evm, "artefact", lambda name: changed if name == contract else real(name))
        return System()

    return make


@pytest.mark.parametrize(
    ("contract", "was", "becomes"),
    [
        pytest.param("RoyaltyLedger", "620f4240", "620f4241", id="a million and one parts in a whole"),
        pytest.param("RoyaltyLedger", "62015180", "62015181", id="a second more of a day that money is held for"),
        pytest.param("WorkRegistry", "620dbba0", "620dbba1", id="one part per million more upstream"),
        pytest.param("OfferBook", "62015180", "62015190", id="days that end later"),
        pytest.param("Licensing", "6312cc0300", "630acc0300", id="renewal for five years only"),
    ],
)
def test_histories__one_constant_changed__are_noticed_and_shortened(mutant, contract, was, becomes):
    """The comparison can fail, and says with how few calls."""
    system = mutant(contract, was, becomes)
    calls = _first_failure(system)
    kept = shortest(calls, lambda fewer: _fails(system, fewer))
    assert _fails(system, kept)
    assert not any(_fails(system, kept[:i] + kept[i + 1 :]) for i in range(len(kept)))
    assert len(kept) <= len(calls)


def _first_failure(system: System) -> list:
    for seed in range(300):
        history = History(system)
        try:
            Author(history, seed).write()
        except MismatchError:
            return history.calls
    raise AssertionError("nobody noticed")


def _fails(system: System, calls: list) -> bool:
    history = History(system)
    try:
        for call in calls:
            history.play(call)
        history.audit()
        history.close()
    except MismatchError:
        return True
    return False
