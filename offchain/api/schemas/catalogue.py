"""What the catalogue is asked."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from offchain.api.schemas.fields import Account
from offchain.chain.address import parse_address
from offchain.store import Place, Wanted
from offchain.workflows.terms.scope import DOCUMENTS

__all__ = ["WorksQuery"]

_CURSOR: Final = r"^[1-9][0-9]{0,17}(\.[0-9]{1,4})?$"
"""Order of arrival of a page's last work, and its score where words were asked for."""

_Words = Annotated[str, Field(min_length=1, max_length=200)]


class WorksQuery(BaseModel):
    """Which works; all that is given must hold."""

    q: _Words | None = Field(None, description="words, or beginnings of words, of title, creator or description")
    holder: Account | None = Field(None, description="only works whose title this account holds")
    registrant: Account | None = Field(None, description="only works that this account registered")
    creator: _Words | None = Field(None, description="whole words of the creator's name, as the registrant states it")
    iscc: _Words | None = Field(None, description="an ISCC-CODE, or one unit of it")
    kind: Literal["text", "image", "audio", "video"] | None = None
    for_sale: bool = Field(
        False, description="with a price, not taken down; a page may be short, or empty, and have a next one"
    )
    cursor: str | None = Field(None, pattern=_CURSOR, description="`next` of the page before")
    limit: int = Field(20, ge=1, le=100)

    def wanted(self) -> Wanted:
        """As the store takes it.

        Raises:
            InputError: `address-malformed`.
        """
        return Wanted(
            holder=None if self.holder is None else parse_address(self.holder),
            registrant=None if self.registrant is None else parse_address(self.registrant),
            creator=self.creator,
            question=self.q,
            iscc=self.iscc,
            media_types=() if self.kind is None else (f"{self.kind}/", *(DOCUMENTS if self.kind == "text" else ())),
        )

    def place(self) -> Place | None:
        """Where the page before ended."""
        if self.cursor is None:
            return None
        sequence, _, score = self.cursor.partition(".")
        return Place(int(sequence), int(score or 0))

    def cursor_of(self, place: Place) -> str:
        """The cursor of the page after a place."""
        return str(place.sequence) if self.q is None else f"{place.sequence}.{place.score}"
