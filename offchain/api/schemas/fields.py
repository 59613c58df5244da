"""Fields that many schemas share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["Account", "Amount", "Bytes", "Digest", "Number", "Quantity", "Received", "WorkId", "to_bytes", "to_work"]

WorkId = Annotated[str, Field(pattern="^0x[0-9a-fA-F]{64}$", examples=["0x" + "8f" * 32])]
Digest = Annotated[str, Field(pattern="^0x[0-9a-fA-F]{64}$")]
Account = Annotated[str, Field(pattern="^0x[0-9a-fA-F]{40}$", examples=["0x" + "1F" * 20])]
Amount = Annotated[str, Field(pattern="^(0|[1-9][0-9]{0,77})$", description="minor units", examples=["8000000"])]
Number = Annotated[str, Field(pattern="^(0|[1-9][0-9]{0,77})$", examples=["7"])]
Quantity = Annotated[str, Field(pattern="^0x(0|[1-9a-f][0-9a-f]{0,63})$", description="a number in hexadecimal")]
Bytes = Annotated[str, Field(pattern="^0x([0-9a-fA-F]{2})*$", max_length=20_000)]


class Received(BaseModel):
    """Something that a caller sends; unknown fields are refused, so that a misspelt one is not lost."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _require_unicode(cls, data: object) -> object:
        if _has_surrogate(data):
            raise ValueError("text holds half of a surrogate pair, which is no character")
        return data


def _has_surrogate(data: object) -> bool:
    left = [data]  # a stack of its own: the caller chooses how deep the data goes
    while left:
        item = left.pop()
        if isinstance(item, str) and any("\ud800" <= character <= "\udfff" for character in item):
            return True
        if isinstance(item, dict):
            left += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            left += item
    return False


def to_bytes(text: str) -> bytes:
    """The bytes of `0x` and hex."""
    return bytes.fromhex(text.removeprefix("0x"))


def to_work(text: str) -> int:
    """The number of a work's id."""
    return int(text, 16)
