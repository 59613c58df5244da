"""Prompts in records: what is told to whom, and what cannot be passed off as one."""

from __future__ import annotations

import pytest

from offchain.errors import DeniedError, InputError, RefusedError
from offchain.generation import canonical
from offchain.generation.provenance import sha256_text
from offchain.storage.age import new_identity, recipient_of, wrap_key
from offchain.workflows.making import with_training_set
from offchain.workflows.prompts import decrypted, encrypted, require_same_but_prompt, shown

PROMPT = "Grüße, a secret tune 🎵"
RECORD = {"prompt": {"sha256": sha256_text(PROMPT.encode()), "tokens": 5}, "model": {"training": None}, "parents": []}


@pytest.fixture
def identity() -> str:
    return new_identity()


def test_encrypted__opened_by_its_identity__gives_the_prompt(identity):
    record = encrypted(RECORD, PROMPT, recipient_of(identity))
    assert decrypted(record, identity) == PROMPT
    assert "secret" not in canonical(record).decode()
    assert record["prompt"]["sha256"] == RECORD["prompt"]["sha256"]


def test_encrypted__another_prompt_than_recorded__refused(identity):
    with pytest.raises(RefusedError) as caught:
        encrypted(RECORD, "another", recipient_of(identity))
    assert caught.value.code == "provenance-mismatch"


def test_decrypted__somebody_elses_identity__denied_and_names_the_recipient(identity):
    record = encrypted(RECORD, PROMPT, recipient_of(identity))
    with pytest.raises(DeniedError) as caught:
        decrypted(record, new_identity())
    assert (caught.value.code, caught.value.facts) == ("wrong-recipient", {"to": recipient_of(identity)})


def test_decrypted__ciphertext_of_another_prompt__refused(identity):
    """Anybody can encrypt to a recipient: what comes out must still be what the record names."""
    record = encrypted(RECORD, PROMPT, recipient_of(identity))
    sealed = record["prompt"]["encrypted"] | {"ciphertext": wrap_key(b"another", recipient_of(identity))}
    forged = record | {"prompt": record["prompt"] | {"encrypted": sealed}}
    with pytest.raises(RefusedError) as caught:
        decrypted(forged, identity)
    assert caught.value.code == "provenance-mismatch"


@pytest.mark.parametrize(
    ("section", "code"),
    [
        ({}, "prompt-not-encrypted"),
        ({"encrypted": "text"}, "prompt-not-encrypted"),
        ({"encrypted": {"scheme": "rot13", "recipient": "", "ciphertext": ""}}, "prompt-not-encrypted"),
        ({"encrypted": {"scheme": "age", "recipient": "", "ciphertext": "not age"}}, "age-malformed"),
    ],
)
def test_decrypted__nothing_that_age_opens__refused(identity, section, code):
    with pytest.raises(InputError) as caught:
        decrypted(RECORD | {"prompt": RECORD["prompt"] | section}, identity)
    assert caught.value.code == code


def test_shown__to_nobody__leaves_the_record_as_it_is():
    assert shown(RECORD, PROMPT, disclosed=False, recipient=None) == RECORD


def test_shown__to_everybody_and_to_one__refused(identity):
    with pytest.raises(InputError) as caught:
        shown(RECORD, PROMPT, disclosed=True, recipient=recipient_of(identity))
    assert caught.value.code == "prompt-shown-twice"


def test_with_training_set__named_twice__stands_once_behind_other_parents():
    other = {"work": "0x" + "22" * 32, "relation": "melody"}
    record = RECORD | {"model": {"training": "0x" + "11" * 32}, "parents": [other]}
    named = with_training_set(with_training_set(record))
    assert named["parents"] == [other, {"work": "0x" + "11" * 32, "relation": "training-set"}]


def test_with_training_set__model_states_none__refused():
    with pytest.raises(RefusedError) as caught:
        with_training_set(RECORD)
    assert caught.value.code == "no-training-set"


@pytest.mark.parametrize("disclosed", [True, False])
def test_require_same_but_prompt__prompt_told_otherwise__accepted_as_given(disclosed: bool):
    given = shown(RECORD, PROMPT, disclosed=disclosed, recipient=None)
    assert require_same_but_prompt(RECORD, given) == given
    assert require_same_but_prompt(given, RECORD) == RECORD


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {**RECORD, "parents": [{"work": "0x07"}]},
        {**RECORD, "model": {"training": False}},
        {**RECORD, "prompt": None},
        {**RECORD, "prompt": RECORD["prompt"] | {"tokens": True}},
        {**RECORD, "prompt": RECORD["prompt"] | {"text": "another"}},
        {**RECORD, "prompt": RECORD["prompt"] | {"text": 7}},
        {**RECORD, "more": 1},
    ],
)
def test_require_same_but_prompt__anything_else_changed__refused(changed: dict):
    with pytest.raises(RefusedError) as caught:
        require_same_but_prompt(RECORD, changed)
    assert caught.value.code == "provenance-mismatch"


def test_require_same_but_prompt__true_for_one__refused():
    with pytest.raises(RefusedError):
        require_same_but_prompt({**RECORD, "seed": 1}, {**RECORD, "seed": True})
