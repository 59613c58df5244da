"""`colophon generate`: texts, music and images, each with the record that lets anybody make it again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from offchain.cli.generated import Made, make, new_file, read_file, written
from offchain.cli.model_options import Device, Dtype, MarkFor, Model, runtime_of
from offchain.cli.options import AsJson
from offchain.cli.output import aligned, show
from offchain.errors import InputError

if TYPE_CHECKING:
    from offchain.generation import Params
    from offchain.workflows.requests import GenerationRequest

__all__ = ["generate"]

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
    typer.Option("--encrypt-prompt-to", metavar="AGE_RECIPIENT", help="Let it carry the prompt for age1… alone."),
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
        str, typer.Option(metavar="NOTATION|FILE", help="Harmonise this melody: ABC notation, or a MIDI file.")
    ] = "",
    key: Annotated[str | None, typer.Option(help="Such as 'G minor'; the melody's own or the model's choice.")] = None,
    bars: Annotated[int, typer.Option(help="Length of a free piece.")] = 8,
    metre: Annotated[str, typer.Option(help="4/4 or 3/4, of a free piece.")] = "4/4",
    tempo: Annotated[int, typer.Option(help="Quarter notes a minute.")] = 80,
    temperature: Temperature = 0.9,
    top_p: TopP = 0.98,
    wav: Annotated[bool, typer.Option("--wav", help="Write its sound beside it, as FILE.wav.")] = False,
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
    params = MusicParams(key, bars, metre, tempo, temperature, top_p)
    asked = told.request(_notation(melody), params, seed, count)
    renderings: _Renderings = {".wav": _sound, ".png": _picture}
    wished = {ending: renderings[ending] for ending, asked_for in ((".wav", wav), (".png", picture)) if asked_for}
    _tell(
        (_rendered(each, wished) for each in make(asked, runtime_of(device=device), _required(out, wished))),
        as_json=as_json,
    )


@generate.command("image")
def image(
    class_name: Annotated[str, typer.Argument(metavar="CLASS", help="What it shall show; a wrong one lists them all.")],
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

    The work is a PNG file. It runs on this machine and needs no node.
    """
    from offchain.generation.image.params import ImageParams

    told = _Told(disclose_prompt, encrypt_prompt_to, name_training_set)
    asked = told.request(class_name, ImageParams(truncation, size), seed, count)
    _tell(make(asked, runtime_of(device=device), _required(out, {})), as_json=as_json)


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


def _notation(melody: str) -> str:
    """The melody as the model takes it, from its notation or from a MIDI file."""
    if not melody.lower().endswith((".mid", ".midi")):
        return melody
    from offchain.generation.music.transcription import transcribe

    return transcribe(read_file(Path(melody)))


def _sound(midi: bytes) -> bytes:
    from offchain.generation.music.sound import render

    return render(midi)


def _picture(midi: bytes) -> bytes:
    from offchain.generation.music.midi import read_midi
    from offchain.generation.music.roll import piano_roll

    piece = read_midi(midi)
    return piano_roll(piece, "Four parts" + (f", {piece.key}" if piece.key else ""))


def _required(out: Path | None, wished: _Renderings) -> Path:
    if out is None:
        raise InputError("out-missing", "this work is no text to be printed", "name its file: --out FILE")
    for ending in wished:
        new_file(out.with_name(out.name + ending))
    return out


def _rendered(made: Made, wished: _Renderings) -> Made:
    for ending, render in wished.items():
        if made.file is not None and not (beside := made.file.with_name(made.file.name + ending)).exists():
            written(beside, render(made.work.data))
    return made


def _tell(works: Iterable[Made], *, as_json: bool) -> None:
    """Print what was made: the text itself where it was not written, else the files."""
    made = list(works)
    documents = [_document(each) for each in made]
    lines = [line for each, document in zip(made, documents, strict=True) for line in _lines(each, document)]
    show({"works": documents}, lines, as_json=as_json)


def _document(made: Made) -> dict[str, Any]:
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
        "provenance": work.provenance,
    }


def _lines(made: Made, document: dict[str, Any]) -> list[str]:
    if made.file is None:
        return [document["text"]]
    then = f"colophon register {document['file']} --provenance {document['record']}"
    rows = [("file", document["file"]), ("record", document["record"]), ("work", document["work"]), ("next", then)]
    return list(aligned(rows))
