"""Texts by a language model: one call makes one, one call proves a record by making it again."""

from __future__ import annotations

from offchain.generation.text.params import TextParams
from offchain.generation.text.writing import MEDIA_TYPE, generate, reproduce

__all__ = ["MEDIA_TYPE", "TextParams", "generate", "reproduce"]
