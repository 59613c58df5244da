"""What `colophon train music` trains: the music model on the Bach chorales that music21 comes with.

`DATA` is music21's folder `corpus/bach`. A tenth of the chorales is kept for choosing, a tenth for the figure that the
card states; no tune is in two of the three parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from offchain.generation.music.corpus import Chorale, Corpus, read_corpus, split
from offchain.generation.training.manifest import TrainingFile, TrainingManifest, training_file

if TYPE_CHECKING:
    from offchain.generation.music.tokens import Piece
    from offchain.generation.training.loop import Trainee

__all__ = ["ENCODING", "NAME", "PARTS", "STEPS", "USE", "divided", "manifest", "trainee"]

STEPS: Final = 1300
NAME: Final = "colophon-chorales"
USE: Final = (
    "Writes and harmonises four-part chorales in the manner of J. S. Bach, in any of 24 keys, on a grid of sixteenths. "
    "It knows no other style, no words and no dynamics."
)
PARTS: Final = (0.8, 0.1, 0.1)
"""Taught with, for choosing, for the stated figure."""

ENCODING: Final = "LicenseRef-music21-corpus"
"""Of the encodings: music21's corpus/license.txt, no SPDX licence."""
_LICENCE: Final = f"LicenseRef-PublicDomain AND {ENCODING}"
_SOURCE: Final = "music21, folder corpus/bach"
_AUTHOR: Final = "Johann Sebastian Bach"
_NAME: Final = "Bach chorales of music21's corpus"
_STATEMENT: Final = (
    "The compositions are by Johann Sebastian Bach (1685-1750), many on older hymn tunes, and in the public domain; "
    "nobody is paid for them. Of the encodings, music21's corpus/license.txt says that they are distributed with the "
    "permission of their encoders, that some of its corpus may not be used commercially, and that each file's own "
    "statement counts. None of these files states a restriction or a licence. {printed} of {files} print a copyright "
    "of Margaret Greentree on their PDF scores, {permitted} with 'used by permission'. Unknown: who encoded each "
    "file, whether a mere encoding of a public-domain score is protected where you are, and what the permission that "
    "music21 was given says word for word. {kept} further chorales of the folder were kept for choosing and testing; "
    "{skipped} of its files are not four-part vocal scores. Nothing else of music21's corpus was used."
)


def trainee(data: Path, seed: int, settings: Mapping[str, Any]) -> tuple[Trainee, TrainingManifest, dict[str, Any]]:
    """A music model about to be trained, the manifest of what it is taught with, and what builds its network.

    Args:
        data: folder of .mxl files.
        seed: of all chance.
        settings: see `learners.learner`.

    Raises:
        InputError: `setting-unknown`, or the folder has no chorales.
    """
    from offchain.generation.music.learners import learner
    from offchain.generation.music.trainee import Parts

    corpus = read_corpus(data)
    taught, chosen, held_out = divided(corpus)
    learning, config = learner(settings, seed, Parts(_pieces(taught), _pieces(chosen), _pieces(held_out)))
    return learning, manifest(data, corpus, taught), config


def divided(corpus: Corpus) -> list[list[Chorale]]:
    """Chorales taught with, for choosing, and for the stated figure."""
    chosen = split([chorale.piece for chorale in corpus.chorales], PARTS)
    return [[corpus.chorales[at] for at in part] for part in chosen]


def manifest(data: Path, corpus: Corpus, taught: Sequence[Chorale]) -> TrainingManifest:
    """Every file that the model is taught with, and what is known of its rights and what is not."""
    printed = [" ".join(chorale.score.statements) for chorale in taught]
    statement = _STATEMENT.format(
        printed=sum("Greentree" in words for words in printed),
        permitted=sum("used by permission" in words for words in printed),
        files=len(taught),
        kept=len(corpus.chorales) - len(taught),
        skipped=len(corpus.skipped),
    )
    return TrainingManifest(_NAME, tuple(_entry(data, chorale) for chorale in taught), statement)


def _pieces(chorales: Sequence[Chorale]) -> list[Piece]:
    return [chorale.piece for chorale in chorales]


def _entry(data: Path, chorale: Chorale) -> TrainingFile:
    about = {"author": _AUTHOR, "source": _SOURCE, "licence": _LICENCE, "title": _title(chorale)}
    return training_file(data, chorale.path, about)


def _title(chorale: Chorale) -> str:
    """The score's title, or the catalogue number that names its file."""
    title = chorale.score.title
    return (
        title
        if title and not title.endswith(".mxl")
        else f"BWV {chorale.path.removesuffix('.mxl').removeprefix('bwv')}"
    )
