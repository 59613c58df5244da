"""Several licences of one purchase: one slot, and yet each a token of its own."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from brownie import accounts
from brownie.test import given
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.contracts.reverts import reverts

MINT, TRANSFER, OPERATE, BURN, APPROVE, SET_DATA = range(6)
NOBODY = "0x" + "0" * 40
MAX_BATCH = 256
MAX_BALANCE = 2**32 - 1
"""An account's tokens are counted in 32 bits."""
PEOPLE = range(3, 7)
FEW = (1, 1, 2, 3, 6)
FIRST = (*FEW, 32)
"""Quantities of a history's first mint: each token of a batch reads back to the first, which costs its square."""


class Attempt(NamedTuple):
    """What somebody tries: people are numbers of accounts, 0 is the zero address."""

    kind: int
    by: int
    source: int
    to: int
    token: int
    quantity: int
    data: int

    def encoded(self) -> tuple[object, ...]:
        """As the contract takes it."""
        by, source, to = (str(accounts[n]) if n else NOBODY for n in (self.by, self.source, self.to))
        return (self.kind, by, source, to, self.token, self.quantity, self.data)


class Model:
    """The same tokens in a plain dict: number → [owner, approved, data]."""

    def __init__(self) -> None:
        self.tokens: dict[int, list[int]] = {}
        self.last = 0

    def attempt(self, a: Attempt) -> bool:
        """Make an attempt; whether it succeeds."""
        if a.kind == MINT:
            for _ in range(a.quantity):
                self.last += 1
                self.tokens[self.last] = [a.to, 0, a.data]
            return True
        token = self.tokens.get(a.token)
        if token is None:
            return False
        owner, approved, _ = token
        if a.kind in (TRANSFER, OPERATE):
            if owner != a.source or a.to == 0 or (a.kind == TRANSFER and a.by not in (owner, approved)):
                return False
            token[:2] = [a.to, 0]
        elif a.kind == BURN:
            if a.by not in (owner, approved):
                return False
            del self.tokens[a.token]
        elif a.kind == APPROVE:
            if a.by != owner:
                return False
            token[1] = a.to
        else:
            token[2] = a.data
        return True


@st.composite
def histories(draw: Any) -> list[Attempt]:
    """Attempts of which most concern tokens that exist by then; owners and callers are right about as often as not."""
    model, history = Model(), []
    people = st.sampled_from(PEOPLE)
    for _ in range(draw(st.integers(1, 40))):
        token = draw(st.integers(0, model.last + 2))
        owner = model.tokens.get(token, [draw(people)])[0]
        attempt = Attempt(
            kind=draw(st.integers(MINT, SET_DATA)) if model.last else MINT,
            by=draw(st.one_of(st.just(owner), people)),
            source=draw(st.one_of(st.just(owner), people)),
            to=draw(people),
            token=token,
            quantity=draw(st.sampled_from(FEW if model.last else FIRST)),
            data=draw(st.integers(1, 2**96 - 1)),
        )
        model.attempt(attempt)
        history.append(attempt)
    return history


@pytest.fixture
def tokens(world):
    """Tokens that their own contract may move for everybody."""
    tokens = world.contract("ConsecutiveTokens")
    for who in PEOPLE:
        tokens.setApprovalForAll(tokens, True, {"from": accounts[who]})
    return tokens


def attempt(tokens: Any, *attempts: Attempt) -> Any:
    return tokens.attempt([each.encoded() for each in attempts], {"from": accounts[0]})


def minted(to: int, quantity: int, data: int = 1) -> Attempt:
    return Attempt(MINT, 0, 0, to, 0, quantity, data)


@given(history=histories())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])  # brownie puts the chain back
def test_history__random__equals_a_plain_dict(tokens, history):
    """Whatever happens to a token happens to no other, and what is refused is refused."""
    model = Model()
    done = attempt(tokens, *history)
    expected = [model.attempt(each) for each in history]
    assert [event["success"] for event in done.events["Attempted"]] == expected
    nothing = (NOBODY, NOBODY, 0)
    found = [tuple(each) for each in tokens.tokens(model.last + 3)]
    account = {0: NOBODY, **{who: str(accounts[who]) for who in PEOPLE}}
    assert found == [
        (account[t[0]], account[t[1]], t[2]) if (t := model.tokens.get(n)) else nothing for n in range(model.last + 3)
    ]
    for who in PEOPLE:
        assert tokens.balanceOf(accounts[who]) == sum(t[0] == who for t in model.tokens.values())


def test_mint__several__one_standard_event_for_each(tokens):
    done = attempt(tokens, minted(3, MAX_BATCH))
    events = [(event["from"], event["to"], event["id"]) for event in done.events["Transfer"]]
    assert events == [(NOBODY, accounts[3], token) for token in range(1, MAX_BATCH + 1)]


def test_views__outside_of_what_was_minted__nothing(tokens):
    """The slot of the next number is as empty as those of a batch, and means nothing."""
    attempt(tokens, minted(3, 2))
    for unknown in (0, 3, 2**255, 2**256 - 1):
        for view in (tokens.ownerOf, tokens.getApproved):
            with reverts("TokenDoesNotExist"):
                view(unknown)
        with reverts("TokenDoesNotExist"):
            tokens.mayMove(accounts[3], unknown)


def test_burn__first_of_a_batch__the_others_keep_their_owner(tokens):
    """A burnt token is no empty slot: its number stays dead, and the next does not read it."""
    attempt(tokens, minted(3, 3), Attempt(BURN, 3, 0, 0, 1, 0, 0))
    assert [token[0] for token in tokens.tokens(4)] == [NOBODY, NOBODY, accounts[3], accounts[3]]
    attempt(tokens, Attempt(BURN, 3, 0, 0, 2, 0, 0), minted(4, 1))
    assert [token[0] for token in tokens.tokens(5)] == [NOBODY, NOBODY, NOBODY, accounts[3], accounts[4]]


def test_may_move__owner_approved_and_operator__nobody_else(tokens):
    attempt(tokens, minted(3, 3), Attempt(APPROVE, 3, 0, 4, 2, 0, 0))
    tokens.setApprovalForAll(accounts[5], True, {"from": accounts[3]})
    assert [tokens.mayMove(accounts[who], 2) for who in (3, 4, 5, 6)] == [True, True, True, False]
    assert [tokens.mayMove(accounts[who], 3) for who in (3, 4, 5, 6)] == [True, False, True, False]


def test_mint__balance__leaves_the_spare_bits_alone(tokens):
    """They hold the epoch of an account's orders."""
    tokens.setAux(2**224 - 1, {"from": accounts[3]})
    attempt(tokens, minted(3, MAX_BATCH), Attempt(BURN, 3, 0, 0, 7, 0, 0), Attempt(TRANSFER, 3, 3, 4, 9, 0, 0))
    assert tokens.auxOf(accounts[3]) == 2**224 - 1
    assert (tokens.balanceOf(accounts[3]), tokens.balanceOf(accounts[4])) == (MAX_BATCH - 2, 1)


def test_mint__more_than_a_balance_can_count__refused(tokens):
    """The count would run over into the spare bits."""
    done = attempt(tokens, minted(3, 1), minted(3, MAX_BALANCE + 1), minted(3, MAX_BALANCE))
    assert [event["success"] for event in done.events["Attempted"]] == [True, False, False]


@pytest.mark.parametrize("token", [1, 2, 3])
def test_approve_and_transfer__with_coins__refused(tokens, token):
    """They would stay in the contract for ever."""
    attempt(tokens, minted(3, 3))
    owner, coins = accounts[3], {"from": accounts[3], "value": 1}
    for call in (
        lambda: tokens.approve(accounts[4], token, coins),
        lambda: tokens.transferFrom(owner, accounts[4], token, coins),
        lambda: tokens.safeTransferFrom(owner, accounts[4], token, coins),
        lambda: tokens.safeTransferFrom(owner, accounts[4], token, b"", coins),
    ):
        with reverts("ConsecutiveERC721__CoinsRefused", 1):
            call()
    tokens.transferFrom(owner, accounts[4], token, {"from": owner})
    assert tokens.ownerOf(token) == accounts[4]


def test_safe_transfer__to_a_contract__asks_it(world, tokens):
    """A token in the middle of a batch behaves as any other ERC-721 token."""
    attempt(tokens, minted(3, 3))
    with reverts("TransferToNonERC721ReceiverImplementer"):
        tokens.safeTransferFrom(accounts[3], world.ledger, 2, {"from": accounts[3]})
    receiver = world.contract("ReentrantReceiver")
    tokens.safeTransferFrom(accounts[3], receiver, 2, {"from": accounts[3]})
    assert [token[0] for token in tokens.tokens(4)][1:] == [accounts[3], receiver, accounts[3]]
