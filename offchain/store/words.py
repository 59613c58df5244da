"""Words by which works are found: one portable index for every database.

A word is folded (accents, case and width do not count) and kept as UTF-8 bytes, which sort alike everywhere, so that
"begins with" is a range of the primary key. A word knows the places where it stands in a work, as bits; a whole word
counts more than a beginning, and a title more than a creator's name or a description. The score depends on that work
alone, so a ranking by it does not shift when other works come.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, ForeignKey, Integer, LargeBinary, Select, case, delete, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from offchain.store.schema import Base, Uint256

__all__ = ["CREATOR", "DESCRIPTION", "IDENTITY", "TITLE", "WordRecord", "fold", "having", "matching", "put_words"]
__all__ += ["iscc_word", "words_of"]

TITLE: Final = 4
CREATOR: Final = 2
DESCRIPTION: Final = 1
IDENTITY: Final = 8
"""Place of ISCC codes; a search by text does not look there."""

_TEXT: Final = TITLE | CREATOR | DESCRIPTION
_WHOLE: Final = 8
"""What a whole word scores above one that only begins so."""

_LONGEST: Final = 60
"""Bytes of a word that count."""

_MOST_WORDS: Final = 1000
"""Words of a work that are kept: metadata from elsewhere may be a book."""

_MOST_ASKED: Final = 8
"""Words of a question that are looked for."""

_UNSPACED: Final = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Scripts that put no space between words: each character is one."""

_WORD: Final = re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]+")


class WordRecord(Base):
    """A word of a work; `places` is where it stands: TITLE, CREATOR, DESCRIPTION, IDENTITY."""

    __tablename__ = "work_words"

    word: Mapped[bytes] = mapped_column(LargeBinary(64), primary_key=True)
    work: Mapped[int] = mapped_column(Uint256, ForeignKey("works.id", ondelete="CASCADE"), primary_key=True, index=True)
    places: Mapped[int] = mapped_column(Integer)


def fold(text: str) -> list[bytes]:
    """The words of a text in order, without accents and case, each at most 60 bytes."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(character for character in plain if not unicodedata.combining(character))
    return [_cut(word) for word in _WORD.findall(bare)]


def iscc_word(code: str) -> bytes:
    """An ISCC as one word, whatever its case, with or without its prefix; no text has such a word."""
    return _cut("iscc:" + code.strip().upper().removeprefix("ISCC:"))


def words_of(title: str, details: object, codes: Sequence[str]) -> dict[bytes, int]:
    """What a work is found by, and where each word stands.

    Args:
        title: of the work.
        details: its metadata as JSON, of whatever shape; only texts count.
        codes: its ISCC-CODE and the units of that.
    """
    told = details if isinstance(details, dict) else {}
    found = {iscc_word(code): IDENTITY for code in codes if code}
    texts = ((TITLE, title), (CREATOR, told.get("creator")), (DESCRIPTION, told.get("description")))
    for place, text in texts:
        for word in fold(text[: _LONGEST * _MOST_WORDS]) if isinstance(text, str) else []:
            if word in found or len(found) < _MOST_WORDS:
                found[word] = found.get(word, 0) | place
    return found


def put_words(session: Session, work: int, words: dict[bytes, int]) -> None:
    """Keep a work's words in the place of those that it had."""
    session.execute(delete(WordRecord).where(WordRecord.work == work))
    rows = [{"word": word, "work": work, "places": places} for word, places in words.items()]
    if rows:
        session.execute(insert(WordRecord), rows)


def matching(question: str) -> Select[int, int]:
    """(work, score) of the works that have, for every word of a question, it or a word that begins so.

    A question without any word matches nothing; of a long one the first eight words count.
    """
    asked = list(dict.fromkeys(fold(question)))[:_MOST_ASKED]
    if not asked:
        return select(WordRecord.work, WordRecord.places.label("score")).where(WordRecord.work.is_(None))
    first, *others = (_begun(word).subquery() for word in asked)
    joined = first.select()
    score: ColumnElement[Any] = first.c.score
    for other in others:
        joined = joined.join(other, first.c.work == other.c.work)
        score = score + other.c.score
    return joined.with_only_columns(first.c.work, score.label("score"), maintain_column_froms=True)


def having(place: int, word: bytes) -> Select[int]:
    """The works that have this whole word in a place."""
    return select(WordRecord.work).where(WordRecord.word == word, WordRecord.places.bitwise_and(place) != 0)


def _begun(word: bytes) -> Select[int, int]:
    """(work, score) for one word: the best of those that begin so. No UTF-8 text has the byte 0xff."""
    places = WordRecord.places.bitwise_and(_TEXT)
    score = func.max(places + case((WordRecord.word == word, _WHOLE), else_=0)).label("score")
    begins = (WordRecord.word >= word) & (WordRecord.word < word + b"\xff") & (places != 0)
    return select(WordRecord.work, score).where(begins).group_by(WordRecord.work)


def _cut(word: str) -> bytes:
    return word.encode()[:_LONGEST]
