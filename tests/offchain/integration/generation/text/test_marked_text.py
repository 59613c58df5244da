"""A marked text by the real model: found by its creator's key, reproduced and replayed with it, and not without."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from offchain.config import load_settings
from offchain.errors import InputError, RefusedError
from offchain.generation import Runtime, TextParams, canonical
from offchain.generation.provenance import sha256_text
from offchain.generation.text import creator_mark, detect, generate, replay, reproduce
from offchain.generation.text.model import TOKENIZER, load_model
from offchain.generation.text.sealed_tokens import open_tokens, seal_tokens
from offchain.generation.text.writing import spelled

PROMPT = "Write a short story about a bookbinder who finds a hidden colophon."
PARAMS = TextParams(max_tokens=40, temperature=1, top_p=1)
MARK, OTHER = (creator_mark(bytes(32), f"0x{digit * 40}") for digit in "ab")


@pytest.fixture(scope="module")
def plain():
    return Runtime(load_settings().model_path, threads=1, device="cpu")


@pytest.fixture(scope="module")
def marking(plain):
    return replace(plain, mark=MARK)


@pytest.fixture(scope="module")
def work(marking):
    return generate(PROMPT, PARAMS, 7, created=1_790_000_000, runtime=marking)


def test_generate__marked__is_found_in_the_published_text_by_this_key_alone(plain, work):
    tokenizer = plain.model_path / TOKENIZER
    text = work.data.decode()

    assert detect(text, MARK, tokenizer).found
    assert not detect(text, OTHER, tokenizer).found
    assert detect(f"He said:\n{text}\nSo he did.", MARK, tokenizer).found


def test_generate__marked__record_names_the_mark_and_keeps_key_and_text_to_itself(work):
    told = canonical(work.provenance)

    assert work.provenance["mark"] == MARK.section()
    assert MARK.key.hex().encode() not in told
    assert work.data[:20] not in told


def test_reproduce__marked__needs_the_key(plain, marking, work):
    assert reproduce(work.provenance, PROMPT, runtime=marking) == work
    with pytest.raises(InputError) as missing:
        reproduce(work.provenance, PROMPT, runtime=plain)
    with pytest.raises(RefusedError) as other:
        replay(work.provenance, work.data, PROMPT, runtime=replace(plain, mark=OTHER))

    assert missing.value.code == "mark-key-missing"
    assert other.value.code == "provenance-mismatch"


def test_generate__marked_at_temperature_zero__is_refused(marking):
    with pytest.raises(InputError) as caught:
        generate(PROMPT, TextParams(temperature=0), 7, created=0, runtime=marking)

    assert caught.value.code == "mark-needs-chance"


def test_replay__true_record__is_accepted(marking, work):
    replayed = replay(work.provenance, work.data, PROMPT, runtime=marking)

    assert replayed.accepted
    assert replayed.draws == work.provenance["draws"]["tokens"] + 1 - (work.provenance["draws"]["tokens"] == 40)


def test_replay__unmarked_text_and_a_key_at_hand__is_accepted(plain, marking):
    work = generate(PROMPT, replace(PARAMS, max_tokens=6), 8, created=0, runtime=plain)

    assert replay(work.provenance, work.data, PROMPT, runtime=marking).accepted


def test_replay__another_text__is_refused(marking, work):
    with pytest.raises(RefusedError) as caught:
        replay(work.provenance, work.data + b".", PROMPT, runtime=marking)

    assert caught.value.code == "provenance-mismatch"


def test_replay__record_forged_for_an_edited_text__is_not_accepted(marking, work):
    """Everything in the record agrees with the edited text but the draws."""
    tokens = open_tokens(work.provenance["draws"]["sealed"], work.data)
    tokens[10] = 1 + tokens[10]
    record, data = forged(load_model(marking), work, tokens)

    replayed = replay(record, data, PROMPT, runtime=marking)
    assert (replayed.accepted, replayed.position) == (False, 10)


def test_replay__tokens_that_do_not_spell_the_text__are_refused(marking, work):
    record = copy.deepcopy(work.provenance)
    tokens = open_tokens(record["draws"]["sealed"], work.data)
    for wrong in (tokens[:-1], [2**24 - 1]):
        record["draws"]["sealed"] = seal_tokens(wrong, work.data)
        with pytest.raises(RefusedError) as caught:
            replay(record, work.data, PROMPT, runtime=marking)
        assert caught.value.code == "provenance-mismatch"


@pytest.mark.parametrize(
    ("sealed", "code"),
    [(None, "replay-unrecorded"), ("", "provenance-malformed"), ("AAAA" * 41, "provenance-malformed")],
)
def test_replay__no_tokens_or_too_many__is_refused(marking, work, sealed, code):
    record = copy.deepcopy(work.provenance)
    record["draws"]["sealed"] = sealed

    with pytest.raises(InputError) as caught:
        replay(record, work.data, PROMPT, runtime=marking)

    assert caught.value.code == code


def forged(model, work, tokens):
    record = copy.deepcopy(work.provenance)
    data = spelled(model, tokens).encode()
    record["output"] |= {"sha256": sha256_text(data), "bytes": len(data)}
    record["draws"]["sealed"] = seal_tokens(tokens, data)
    return record, data
