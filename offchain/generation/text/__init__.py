"""Texts by a language model.

One call makes a text, one proves a record by making it again, one by a single pass over the text, and one finds a
creator's watermark in it.
"""

from __future__ import annotations

from offchain.generation.text.params import TextParams
from offchain.generation.text.replaying import replay
from offchain.generation.text.watermark import TextMark, creator_mark
from offchain.generation.text.watermark_detection import Detection, detect
from offchain.generation.text.writing import MEDIA_TYPE, generate, generate_batch, reproduce

__all__ = [
    "MEDIA_TYPE",
    "Detection",
    "TextMark",
    "TextParams",
    "creator_mark",
    "detect",
    "generate",
    "generate_batch",
    "replay",
    "reproduce",
]
