"""`colophon generate`: texts, music and images, each with the record that lets anybody make it again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer

from offchain.cli.generated import Made, Missing, make, new_file, read_file, written
from offchain.cli.model_options import Device, Dtype, MarkFor, Model, runtime_of
from offchain.cli.options import AsJson
from offchain.cli.output import aligned, show
from offchain.errors import InputError

if TYPE_CHECKING:
    from offchain.generation import Params, Record
    from offchain.workflows.requests import GenerationRequest

__all__ = ["generate"]

_CLASSES: Final = "animals, arrows, buttons, cards, flags, food, icons, people, plants, signs, stars, tools, vehicles"
"""Of `offchain.generation.image.classes`, whose room would make every command's start slower."""

generate = typer.Typer(help="Make works with a model, each with its provenance record.", rich_markup_mode=None)

Seed: TypeAlias = Annotated[int, typer.Option(help="The same seed gives the same work.", min=0)]
Count: TypeAlias = Annotated[
    int, typer.Option(help="How many; each further one has the next seed.", min=1, max=10_000, metavar="N")
]
Out: TypeAlias = Annotated[
    Path | None,
    typer.Option(help="File for the work; its record goes beside it, as FILE.provenance.json. A folder for several."),
]
Temperature: TypeAlias = Annotated[float, typer.Option(help="0 takes the likeliest each time.")]
TopP: TypeAlias = Annotated[float, typer.Option(help="Draw from the likeliest that reach this probability.")]
Disclose: TypeAlias = Annotated[bool, typer.Option("--disclose-prompt", help="Let the record carry the prompt.")]
Encrypt: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--encrypt-prompt-to",
        metavar="AGE_RECIPIENT",
        help="Let it carry the prompt for age1… alone. The record keeps the prompt's SHA-256 in any case: a prompt "
        "that can be guessed, such as a class, is not secret.",
    ),
]
NameSet: TypeAlias = Annotated[
    bool,
    typer.Option("--name-training-set", help="Name what the model was taught with as a parent, which the work pays."),
]


@generate.command("text")
def text(
    prompt: Annotated[str, typer.Argument(help="What the model is asked to write.")],
    max_tokens: Annotated[int, typer.Option(help="Most tokens of the answer.", min=1)] = 256,
    temperature: Temperature = 0.8,
    top_p: TopP = 0.95,
    model: Model = None,
    dtype: Dtype = None,
    device: Device = None,
    mark_for: MarkFor = None,
    seed: Seed = 0,
    count: Count = 1,
    out: Out = None,
    disclose_prompt: Disclose = False,
    encrypt_prompt_to: Encrypt = None,
    name_training_set: NameSet = False,
    as_json: AsJson = False,
) -> None:
    """Write a text with the language model.

    It runs on this machine and needs no node. Register what it wrote with the record: colophon register FILE
    --provenance FILE.provenance.json
    """
    from offchain.generation import TextParams

    told = _Told(disclose_prompt, encrypt_prompt_to, name_training_set, mark_for)
    asked = told.request(prompt, TextParams(max_tokens, temperature, top_p), seed, count)
    _tell(make(asked, runtime_of(model, device, dtype, mark_for), out), as_json=as_json)


@generate.command("music")
def music(
    melody: Annotated[
        str | None,
        typer.Option(metavar="NOTATION|FILE", help="Harmonise this melody: ABC notation, or a file of it, or of MIDI."),
    ] = None,
    key: Annotated[str | None, typer.Option(help="Such as 'G minor'; the melody's own or the model's choice.")] = None,
    bars: Annotated[int | None, typer.Option(help="Length of a free piece; 8 by default.")] = None,
    metre: Annotated[str | None, typer.Option(help="4/4 or 3/4, of a free piece; 4/4 by default.")] = None,
    tempo: Annotated[int, typer.Option(help="Quarter notes a minute.")] = 80,
    temperature: Temperature = 0.9,
    top_p: TopP = 0.98,
    wav: Annotated[bool, typer.Option("--wav", help="Write its sound beside it, as FILE.wav.")] = False,
    soundfont: Annotated[
        Path | None, typer.Option(help="As --wav, played on this .sf2; needs the package tinysoundfont.")
    ] = None,
    picture: Annotated[bool, typer.Option("--picture", help="Write its piano roll beside it, as FILE.png.")] = False,
    device: Device = None,
    seed: Seed = 0,
    count: Count = 1,
    out: Out = None,
    disclose_prompt: Disclose = False,
    encrypt_prompt_to: Encrypt = None,
    name_training_set: NameSet = False,
    as_json: AsJson = False,
) -> None:
    """Compose a piece in four parts, or harmonise a melody.

    The work is a MIDI file; sound and picture are made from it and can be made again. It runs on this machine and needs
    no node.
    """
    from offchain.generation.music.params import MusicParams

    told = _Told(disclose_prompt, encrypt_prompt_to, name_training_set)
    if melody is not None:
        _refuse_own_length(bars, metre)
    params = MusicParams(key, 8 if bars is None else bars, metre or "4/4", tempo, temperature, top_p)
    asked = told.request("" if melody is None else _notation(melody), params, seed, count)
    renderings: _Renderings = {".wav": partial(_sound, soundfont), ".png": _picture}
    wished = {
        ending: renderings[ending] for ending, asked_for in ((".wav", wav or soundfont), (".png", picture)) if asked_for
    }
    file = _required(out, asked, "piece.mid", wished)
    _tell((_rendered(each, wished) for each in make(asked, runtime_of(device=device), file)), wished, as_json=as_json)


@generate.command("image")
def image(
    class_name: Annotated[str, typer.Argument(metavar="CLASS", help=f"What it shall show: {_CLASSES}.")],
    truncation: Annotated[float, typer.Option(help="0 to 1: less is more like its class, and less varied.")] = 1.0,
    size: Annotated[int, typer.Option(help="Side in pixels: 64, 128, 256 or 512.")] = 256,
    device: Device = None,
    seed: Seed = 0,
    count: Count = 1,
    out: Out = None,
    disclose_prompt: Disclose = False,
    encrypt_prompt_to: Encrypt = None,
    name_training_set: NameSet = False,
    as_json: AsJson = False,
) -> None:
    """Draw a picture of a class.

    A small model: rough sketches of 64 × 64 pixels, enlarged to --size. The work is a PNG file. It runs on this machine
    and needs no node.
    """
    from offchain.generation.image.classes import class_number
    from offchain.generation.image.params import ImageParams

    told = _Told(disclose_prompt, encrypt_prompt_to, name_training_set)
    asked = told.request(class_name, ImageParams(truncation, size), seed, count)
    class_number(class_name)
    _tell(make(asked, runtime_of(device=device), _required(out, asked, "picture.png", {})), as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the records shall tell."""

    disclosed: bool
    recipient: str | None
    name_set: bool
    mark_for: str | None = None

    def request(self, prompt: str, params: Params, seed: int, count: int) -> GenerationRequest:
        """The request, refused before a model is loaded for it where it contradicts itself."""
        from offchain.storage.age import normal_recipient
        from offchain.workflows.making import require_markable
        from offchain.workflows.prompts import require_one_way
        from offchain.workflows.requests import GenerationRequest

        require_one_way(disclosed=self.disclosed, recipient=self.recipient)
        recipient = None if self.recipient is None else normal_recipient(self.recipient)
        asked = GenerationRequest(
            prompt, params, seed, count, self.disclosed, recipient, self.name_set, mark_for=self.mark_for
        )
        require_markable(asked)
        return asked


_Renderings: TypeAlias = dict[str, Callable[[bytes], bytes]]
"""What is made of a work, by the ending of its file."""
_NAMES: Final = {".wav": "sound", ".png": "picture"}
_A: Final = {"piece.mid": "a piece", "picture.png": "a picture"}


def _refuse_own_length(bars: int | None, metre: str | None) -> None:
    if bars is not None or metre is not None:
        raise InputError("melody-has-its-own", "a melody brings its own bars and metre", "leave out --bars and --metre")


def _notation(melody: str) -> str:
    """The melody as the model takes it: from its notation, or from a file of it or of MIDI.

    Raises:
        InputError: `file-unreadable`, or as `read_melody` and `transcribe`.
    """
    from offchain.generation.music.melody import read_melody
    from offchain.generation.music.transcription import transcribe

    if not _names_file(melody):
        read_melody(melody)
        return melody
    data = read_file(Path(melody))
    if data.startswith(b"MThd"):
        return transcribe(data)
    try:
        notation = data.decode()
        read_melody(notation)
    except UnicodeDecodeError as error:
        why = f"{melody} is neither a MIDI file nor text in ABC notation"
        raise InputError("melody-malformed", why, "name a .mid file, or write the notation itself") from error
    return notation


def _names_file(melody: str) -> bool:
    if melody.lower().endswith((".mid", ".midi", ".abc")):
        return True
    try:
        return melody != "" and Path(melody).exists()
    except (OSError, ValueError):  # longer than any name, or with a zero
        return False


def _sound(soundfont: Path | None, midi: bytes) -> bytes:
    from offchain.generation.music.sound import render

    return render(midi, soundfont)


def _picture(midi: bytes) -> bytes:
    from offchain.generation.music.midi import read_midi, read_title
    from offchain.generation.music.roll import piano_roll

    return piano_roll(read_midi(midi), read_title(midi))


def _required(out: Path | None, asked: GenerationRequest, example: str, wished: _Renderings) -> Path:
    if out is None:
        what = f"{asked.count} works need a folder to lie in" if asked.count > 1 else f"{_A[example]} cannot be printed"
        raise InputError("out-missing", what, f"name it: --out {'FOLDER' if asked.count > 1 else example}")
    if asked.count == 1:
        for ending in wished:
            new_file(_beside(out, ending))
    return out


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(file.name + ending)


def _rendered(made: Made | Missing, wished: _Renderings) -> Made | Missing:
    if isinstance(made, Made) and made.file is not None:
        for ending, render in wished.items():
            if not (beside := _beside(made.file, ending)).exists():
                written(beside, render(made.work.data))
    return made


def _tell(outcomes: Iterable[Made | Missing], wished: Iterable[str] = (), *, as_json: bool) -> None:
    """Print what was made, the text itself where it was not written, else the files; then the seeds that gave none."""
    found = list(outcomes)
    made = [each for each in found if isinstance(each, Made)]
    missing = [each for each in found if isinstance(each, Missing)]
    if not made and missing and missing[0].error is not None:
        raise missing[0].error
    documents = [_document(each, wished) for each in made]
    lines = [line for each, document in zip(made, documents, strict=True) for line in _lines(each, document)]
    lines += [f"seed {each.seed}: nothing, {each.error}" for each in missing]
    told = [{"seed": each.seed, "error": each.error.code if each.error else None} for each in missing]
    show({"works": documents, "missing": told}, lines, as_json=as_json)


def _document(made: Made, wished: Iterable[str]) -> dict[str, Any]:
    work = made.work
    text = {"text": work.data.decode()} if work.media_type == "text/plain" else {}
    return {
        "work": work.provenance["output"]["sha256"],
        "media_type": work.media_type,
        "size": len(work.data),
        **text,
        "seed": work.provenance["seed"],
        "file": None if made.file is None else str(made.file),
        "record": None if made.record is None else str(made.record),
        **({} if made.file is None else {_NAMES[ending]: str(_beside(made.file, ending)) for ending in wished}),
        "provenance": work.provenance,
    }


def _lines(made: Made, document: dict[str, Any]) -> list[str]:
    if made.file is None:
        return [document["text"]]
    then = f"colophon register {document['file']} --provenance {document['record']}"
    rows = [(name, document[name]) for name in ("file", *_NAMES.values(), "record", "work") if name in document]
    return list(aligned([*rows, *_kept_back(made.work.provenance), ("next", then)]))


def _kept_back(record: Record) -> list[tuple[str, str]]:
    """A reminder where the record does not carry the prompt, unless there was none."""
    from offchain.generation.provenance import sha256_text

    prompt = record["prompt"]
    if "text" in prompt or "encrypted" in prompt or prompt["sha256"] == sha256_text(b""):
        return []
    return [("prompt", "not in the record: keep it, replay and reproduce need it")]
