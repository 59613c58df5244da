"""Replaying a text: one pass of the model over the recorded tokens says whether these draws could have made them.

Each token is fed as recorded instead of drawn (teacher forcing), so that one pass over all of them replaces one pass a
token, and a device whose rounding would draw one token otherwise does not lose the thread. What it proves is what
`reproduce` proves, up to `TOLERANCE`: a token whose interval ends so close to the recorded number passes as well.
In bfloat16 the tolerance would have to be so wide that likely forgeries passed, so such records are not replayed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from offchain.errors import InputError, RefusedError
from offchain.generation.provenance import Record, read_record, require_same, sha256_text
from offchain.generation.replaying import Replay
from offchain.generation.runtime import Runtime, torch_threads
from offchain.generation.sampling import Bend, distance, uniform
from offchain.generation.text.decoding import end_tokens
from offchain.generation.text.model import TextModel, load_model
from offchain.generation.text.params import TextParams
from offchain.generation.text.prompting import prompt_tokens
from offchain.generation.text.sealed_tokens import open_tokens
from offchain.generation.text.watermark import CONTEXT, Marking, TextMark
from offchain.generation.text.writing import read_params, recorded_runtime, require_recorded, spelled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from offchain.generation.text.model import Network

__all__ = ["TOLERANCE", "judged", "replay", "teacher_forced"]

TOLERANCE: Final = 1e-4
"""Error of a cumulative probability at temperature 1 that a replay allows for: five times the thin margin of float32
and int8, what processors were seen to differ by, since one pass over all tokens adds up in another order, too."""

_SUITED: Final = ("float32", "int8")

_CHUNK: Final = 256
"""Positions at a time: their logits over the vocabulary have to fit into memory."""


def replay(record: Record, data: bytes, prompt: str | None = None, *, runtime: Runtime) -> Replay:
    """Whether the recorded model, prompt and seed could have made this text.

    Args:
        record: of a text.
        data: the text, byte for byte.
        prompt: needed unless the record discloses it.
        runtime: which model, and where it runs: any device, whatever the record names. Its mark is needed where the
            record names one.

    Raises:
        RefusedError: `provenance-mismatch`: the text, the prompt, the model or the mark's key is not the one recorded,
            or the recorded tokens do not spell the text.
        InputError: `replay-unsuited`: it was made in bfloat16; `replay-unrecorded`: the record carries no tokens;
            `mark-key-missing`; else as `reproduce`.
    """
    job, stated = read_record(record, "text", prompt)
    require_same("text", stated.output.get("sha256"), sha256_text(data))
    _require_suited(stated.dtype)
    params, here = read_params(job.parameters), recorded_runtime(record, stated, runtime)
    tokens, model = _recorded_tokens(record, data, params), load_model(here)
    require_recorded(model, stated)
    asked = prompt_tokens(model, job.prompt.decode(), params)
    if not _spell(model, tokens, data):
        raise RefusedError(
            "provenance-mismatch", "the recorded tokens do not spell the text", "take the record of this text"
        )
    draws = min(len(tokens) + 1, params.max_tokens)
    with torch_threads(here.threads):
        rows = teacher_forced(model.network, asked, tokens, draws)
        return judged(rows, tokens, end_tokens(model.network), params, job.seed, here.mark)


def judged(
    rows: Iterable[NDArray[np.float64]],
    tokens: Sequence[int],
    ends: frozenset[int],
    params: TextParams,
    seed: int,
    mark: TextMark | None,
) -> Replay:
    """The verdict on recorded tokens.

    Args:
        rows: logits of every draw, that of the end included unless `params.max_tokens` were drawn.
        tokens: as recorded, without the end.
        ends: tokens that end an answer.
        params: how they were drawn.
        seed: with which numbers.
        mark: what the text carries.
    """
    marking = None if mark is None else Marking(mark)
    # Errors of logits count 1 / temperature times in the probabilities; temperature 0 compares them at 1.
    tolerance = TOLERANCE / min(params.temperature or 1.0, 1.0)
    gaps = []
    for position, logits in enumerate(rows):
        bend = None if marking is None else marking(tokens[max(position - CONTEXT, 0) : position])
        wanted = tokens[position : position + 1] or ends
        u = uniform(seed, position)
        # A token that ends an answer stands nowhere else.
        misplaced = position < len(tokens) and tokens[position] in ends
        gaps.append(1.0 if misplaced else _nearest(logits, params, u, wanted, bend))
    misfit = next((position for position, gap in enumerate(gaps) if gap > tolerance), None)
    return Replay(misfit is None, len(gaps), max(gaps, default=0.0), tolerance, misfit)


def _nearest(
    logits: NDArray[np.float64], params: TextParams, u: float, wanted: Iterable[int], bend: Bend | None
) -> float:
    """Distance of the draw at `u` from the nearest of some tokens; 1 where a model has no token that ends an answer."""
    return min((distance(logits, params, u, token, bend) for token in wanted), default=1.0)


def teacher_forced(network: Network, prompt: list[int], tokens: list[int], draws: int) -> Iterator[NDArray[np.float64]]:
    """Logits of the first `draws` draws after `prompt`, where `tokens` are what was drawn."""
    import torch

    fed, first, cache = prompt + tokens[: draws - 1], len(prompt) - 1, None
    for at in range(0, len(fed), _CHUNK):
        part = fed[at : at + _CHUNK]
        wanted = min(len(part), max(at + len(part) - first, 0))
        with torch.inference_mode():
            ids = torch.tensor([part], device=network.device)
            out = network(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=max(wanted, 1))
            cache = out.past_key_values
            logits = out.logits[0, -wanted:].double().cpu().numpy() if wanted else ()
        yield from logits


def _require_suited(dtype: str) -> None:
    if dtype not in _SUITED:
        raise InputError(
            "replay-unsuited",
            f"one pass in {dtype} rounds too coarsely to tell the recorded draws from others",
            "reproduce it instead",
        )


def _recorded_tokens(record: Record, data: bytes, params: TextParams) -> list[int]:
    draws = record.get("draws")
    sealed = draws.get("sealed") if isinstance(draws, dict) else None
    if sealed is None:
        raise InputError("replay-unrecorded", "the record carries no tokens of this text", "reproduce it instead")
    tokens = open_tokens(sealed, data)
    if 0 < len(tokens) <= params.max_tokens:
        return tokens
    raise InputError(
        "provenance-malformed", f"it has {len(tokens)} tokens of {params.max_tokens}", "take a record made by Colophon"
    )


def _spell(model: TextModel, tokens: list[int], data: bytes) -> bool:
    vocabulary = int(model.network.config.get_text_config().vocab_size)
    return max(tokens) < vocabulary and spelled(model, tokens).encode() == data
