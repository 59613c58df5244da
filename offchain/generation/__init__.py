"""Generation: works made by a model, each with the record of how it came to be.

One call makes a work, `generate(prompt, params, seed, …)`, and one call proves it, `reproduce(record, …)`:
the same record gives the same bytes, because every token is drawn from a number that only the seed and
the position determine. Importing this room is cheap; the model is loaded by the first call that needs it.
"""

from __future__ import annotations

from offchain.generation.decoding import Progress
from offchain.generation.model import Runtime
from offchain.generation.provenance import Generated, Record, canonical, disclose, record_digest
from offchain.generation.sampling import TextParams
from offchain.generation.text import generate, reproduce

__all__ = [
    "Generated",
    "Progress",
    "Record",
    "Runtime",
    "TextParams",
    "canonical",
    "disclose",
    "generate",
    "record_digest",
    "reproduce",
]
