"""Zip archives of documents, read without trusting what they say about themselves.

Nothing is ever written to disk, so a name that points outside (zip slip) leads nowhere: it is a key, and a key that is
not a plain relative path is refused.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, Protocol, TypeVar
from xml.etree.ElementTree import Element, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from offchain.errors import InputError
from offchain.identity.documents.bounds import malformed

__all__ = ["MAX_MEMBER", "Archive", "Target", "opened", "resolved"]

MAX_MEMBERS: Final = 20_000
MAX_MEMBER: Final = 32 * 2**20
"""Most bytes that are inflated of one member."""

MAX_TREE: Final = 4 * 2**20
"""Most bytes of a member that becomes a tree, which takes up to forty times as many."""

MAX_TOTAL: Final = 128 * 2**20
"""Most bytes that are inflated of one archive."""

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")  # RFC 3986 §3.1; of one letter it is a drive
_ENCRYPTED: Final = 1  # APPNOTE.TXT 6.3.10 §4.4.4, bit 0
_METHODS: Final = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Target(Protocol[T_co]):
    """What a parser hands elements to as it meets them (`xml.etree.ElementTree.XMLParser`)."""

    def start(self, tag: str, attributes: dict[str, str], /) -> object:
        """An element begins."""

    def data(self, text: str, /) -> object:
        """Text follows."""

    def end(self, tag: str, /) -> object:
        """An element ends."""

    def close(self) -> T_co:
        """The document ends."""


class Archive:
    """An open archive; what is inflated is counted, whatever its headers claim."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        members = archive.infolist()
        self._archive = archive
        self._members = {member.filename: member for member in members}
        self._left = MAX_TOTAL
        if len(members) > MAX_MEMBERS:
            raise malformed(f"it has {len(members)} members")
        if len(self._members) < len(members):
            raise malformed("two of its members have the same name")  # readers would disagree on which one counts

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """Inflate a member.

        Raises:
            InputError: `document-malformed`, `document-encrypted` or `document-oversized`.
        """
        return self._inflated(name, MAX_MEMBER)

    def _inflated(self, name: str, most: int) -> bytes:
        member = self._members.get(name)
        if member is None:
            raise malformed(f"it lacks {name[:100]!r}")
        if member.flag_bits & _ENCRYPTED:
            raise InputError("document-encrypted", "the document is encrypted", "submit it without a password")
        if member.compress_type not in _METHODS:
            raise malformed("it is compressed in a way that documents are not")
        most = min(most, self._left)
        with self._archive.open(member) as stream:
            data = stream.read(most + 1)
        if len(data) > most:
            raise InputError("document-oversized", "the document inflates to too much", "submit it in parts")
        self._left -= len(data)
        return data

    def xml(self, name: str) -> Element:
        """Parse a small member as XML; entities of its own and references outside are refused.

        Raises:
            InputError: as `read`.
        """
        return self.parsed(name, TreeBuilder(), MAX_TREE)

    def parsed(self, name: str, target: Target[T], most: int = MAX_MEMBER) -> T:
        """Parse a member of at most `most` bytes as XML and return what the target makes of it; see `xml`."""
        data = self._inflated(name, most)
        try:
            parser = DefusedXMLParser(target=target)
            parser.feed(data)
            made: T = parser.close()
        except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
            raise malformed(f"{name[:100]!r} is not plain XML") from error
        return made


@contextmanager
def opened(stream: BinaryIO) -> Iterator[Archive]:
    """Open an archive.

    Raises:
        InputError: `document-malformed`, also for what goes wrong while the block reads from it.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            yield Archive(archive)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise malformed(str(error)) from error


def resolved(base: str, reference: str) -> str:
    """The name of a member that another one refers to.

    Raises:
        InputError: `document-malformed`, it points out of the archive.
    """
    name = posixpath.normpath(posixpath.join(posixpath.dirname(base), reference))
    if name.startswith(("/", "../")) or name == ".." or "\\" in name or _SCHEME.match(reference):
        raise malformed(f"it refers to {reference[:100]!r}, outside of itself")
    return name
