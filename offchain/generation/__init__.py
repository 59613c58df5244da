"""Generation: works made by a model, each with the record of how it came to be.

One call makes a work, `generate(prompt, params, seed, …)`; `reproduce(record, …)` proves it by making it again,
`replay(record, data, …)` by one pass over it. The same record gives the same bytes, because every draw is made
with a number that only the seed and the position determine. Importing this room is cheap; a model is loaded
by the first call that needs it.

    kinds        one interface over the rooms below
    text/        a language model            music/   four-part pieces         image/   pictures
    provenance   the record                  sampling  draws                   runtime  device and threads
    training/    how the shipped weights of music and image are made, from which files, under which licences
    attribution/ which of those files a work owes, by a stated rule
"""

from __future__ import annotations

from offchain.generation.kinds import KINDS, Params, generate, generate_batch, replay, reproduce
from offchain.generation.provenance import Generated, Record, canonical, disclose, record_digest
from offchain.generation.replaying import Replay
from offchain.generation.runtime import Progress, Runtime
from offchain.generation.text.params import TextParams

__all__ = [
    "KINDS",
    "Generated",
    "Params",
    "Progress",
    "Record",
    "Replay",
    "Runtime",
    "TextParams",
    "canonical",
    "disclose",
    "generate",
    "generate_batch",
    "record_digest",
    "replay",
    "reproduce",
]
