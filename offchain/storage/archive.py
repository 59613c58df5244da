"""Taking a file out of IPFS as a CAR file, and putting one in; every block is verified on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from offchain.errors import InputError
from offchain.storage.car import CarFile, read_car, write_car
from offchain.storage.cid import RAW, cid_codec, cid_text, parse_cid
from offchain.storage.dag_pb import Link, decode_file
from offchain.storage.quorum import PinSet
from offchain.storage.reading import ContentReader

__all__ = ["export_car", "import_car"]


def export_car(reader: ContentReader, cid: str, path: Path) -> int:
    """Write a file's tree to a CAR file, which appears once it is whole; its size in bytes.

    Raises:
        InputError: `cid-malformed`, `cid-unsupported`, `content-unreadable`, `file-unwritable`.
        NotFoundError: `content-not-found`.
        UnavailableError: as reading.
    """
    file, partial = reader.open(cid), path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as out:
            size = sum(map(out.write, write_car([parse_cid(file.cid)], file.blocks())))
        partial.replace(path)
    except OSError as error:
        raise InputError("file-unwritable", f"{path} cannot be written", "name a file that you may write") from error
    finally:
        partial.unlink(missing_ok=True)
    return size


def import_car(pins: PinSet, path: Path) -> str:
    """Pin the file that a CAR file holds; nothing is sent before all of it was read and is sound.

    Returns:
        The CID of its root.

    Raises:
        InputError: `car-malformed`, `car-unsupported`, `file-unreadable`; `car-incomplete` when blocks of the tree are
            missing, or it has not one root.
        UnavailableError: as `PinSet.import_blocks`.
    """
    try:
        with path.open("rb") as stream:
            root = _sound(read_car(stream))
        pins.import_blocks(Link(root, 0, path.stat().st_size), lambda: _blocks(path))
    except OSError as error:
        raise InputError("file-unreadable", f"{path} cannot be read", "name a file that you may read") from error
    return cid_text(root)


def _blocks(path: Path) -> Iterator[tuple[bytes, bytes]]:
    with path.open("rb") as stream:
        yield from read_car(stream).blocks


def _sound(car: CarFile) -> bytes:
    """The only root, when the whole tree below it is there."""
    there, wanted = set[bytes](), set(car.roots)
    for cid, block in car.blocks:
        there.add(cid)
        if cid_codec(cid) != RAW:
            wanted.update(link.cid for link in decode_file(block))
    if len(car.roots) != 1 or not wanted <= there:
        raise InputError(
            "car-incomplete",
            f"the CAR file has {len(car.roots)} roots, and {len(wanted - there)} blocks are missing",
            "export one whole file again",
        )
    return car.roots[0]
