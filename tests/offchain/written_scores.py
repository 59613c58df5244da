"""Four-part scores as compressed MusicXML, written for tests."""

from __future__ import annotations

import zipfile
from io import BytesIO

__all__ = ["NAMES", "note", "rest", "score"]

NAMES = ("Soprano", "Alto", "Tenor", "Bass")
ATTRIBUTES = (
    "<attributes><divisions>2</divisions><key><fifths>1</fifths></key>"
    "<time><beats>3</beats><beat-type>4</beat-type></time></attributes>"
)


def note(step: str, octave: int, duration: int, extra: str = "", alter: int = 0) -> str:
    pitch = f"<pitch><step>{step}</step><alter>{alter}</alter><octave>{octave}</octave></pitch>"
    return f"<note>{pitch}<duration>{duration}</duration>{extra}</note>"


def rest(duration: int) -> str:
    return f"<note><rest/><duration>{duration}</duration></note>"


def measures(part: list[str]) -> str:
    """Measures, the first of which has key and metre."""
    return "".join(f"<measure>{ATTRIBUTES if not number else ''}{bar}</measure>" for number, bar in enumerate(part))


def score(*parts: list[str], names: tuple[str, ...] = NAMES, head: str = "") -> bytes:
    """Compressed MusicXML of parts, each a list of measures."""
    listed = "".join(f'<score-part id="{n}"><part-name>{name}</part-name></score-part>' for n, name in enumerate(names))
    body = "".join(f'<part id="{n}">{measures(part)}</part>' for n, part in enumerate(parts))
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("META-INF/container.xml", "<container/>")
        archive.writestr("score.xml", f"<score-partwise>{head}<part-list>{listed}</part-list>{body}</score-partwise>")
    return packed.getvalue()
