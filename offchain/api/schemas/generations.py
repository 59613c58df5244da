"""Generations: what is asked for, with parameters of its own for each kind of work."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from offchain.api.schemas.fields import Received
from offchain.generation import Params, TextParams
from offchain.generation.image.params import ImageParams
from offchain.generation.music.params import MusicParams
from offchain.workflows.requests import MAX_WORKS, GenerationRequest

__all__ = ["GenerationIn", "ImageIn", "MusicIn", "TextIn"]

_MOST_TOKENS: Final = 16_384
"""Of all texts of a request together: 64 of the usual length."""


class TextParametersIn(Received):
    """How a text is drawn."""

    max_tokens: int = Field(default=256, ge=1, le=2048)
    temperature: float = Field(default=0.8, ge=0, le=10)
    top_p: float = Field(default=0.95, gt=0, le=1)


class MusicParametersIn(Received):
    """How a piece is drawn; a melody brings its own length and metre."""

    key: str | None = Field(default=None, max_length=20, examples=["G minor"])
    bars: int = Field(default=8, ge=1, le=64)
    metre: str = Field(default="4/4", max_length=5)
    tempo: int = Field(default=80, ge=30, le=240, description="quarter notes a minute")
    temperature: float = Field(default=0.9, ge=0, le=10)
    top_p: float = Field(default=0.98, gt=0, le=1)


class ImageParametersIn(Received):
    """How a picture is made."""

    truncation: float = Field(default=1.0, ge=0, le=1, description="less is more like its class, and less varied")
    size: int = Field(default=256, description="side in pixels: 64, 128, 256 or 512")


class _WorksIn(Received):
    seed: int = Field(0, ge=0, le=2**53 - 1, description="of the first work; each further one has the next")
    count: int = Field(1, ge=1, le=MAX_WORKS, description="works to be made")
    disclose_prompt: bool = Field(False, description="whether the records carry the prompt itself")
    encrypt_prompt_to: str | None = Field(
        None, max_length=100, description="age recipient (`age1…`) who alone can read the prompt in the records"
    )
    name_training_set: bool = Field(
        False,
        description="whether the records name the model's training set as a parent, which a registration then owes",
    )

    def _request(self, prompt: str, params: Params) -> GenerationRequest:
        return GenerationRequest(
            prompt=prompt,
            params=params,
            seed=self.seed,
            count=self.count,
            disclose_prompt=self.disclose_prompt,
            encrypt_prompt_to=self.encrypt_prompt_to,
            name_training_set=self.name_training_set,
        )


class TextIn(_WorksIn):
    """Texts to be written."""

    kind: Literal["text"] = "text"
    prompt: str = Field(max_length=20_000)
    parameters: TextParametersIn = TextParametersIn()

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.count * self.parameters.max_tokens > _MOST_TOKENS:
            raise ValueError(f"count times max_tokens is more than {_MOST_TOKENS}")
        return self

    def request(self) -> GenerationRequest:
        """As the workflows take it."""
        return self._request(self.prompt, TextParams(**self.parameters.model_dump()))


class MusicIn(_WorksIn):
    """Pieces to be composed."""

    kind: Literal["music"]
    prompt: str = Field("", max_length=20_000, description="melody to harmonise; empty for a piece of the model's own")
    parameters: MusicParametersIn = MusicParametersIn()

    def request(self) -> GenerationRequest:
        """As the workflows take it."""
        return self._request(self.prompt, MusicParams(**self.parameters.model_dump()))


class ImageIn(_WorksIn):
    """Pictures to be made."""

    kind: Literal["image"]
    prompt: str = Field(max_length=100, description="a class that the model knows")
    parameters: ImageParametersIn = ImageParametersIn()

    def request(self) -> GenerationRequest:
        """As the workflows take it."""
        return self._request(self.prompt, ImageParams(**self.parameters.model_dump()))


def _kind(body: Any) -> Any:  # noqa: ANN401 - anything may come in
    return body.get("kind", "text") if isinstance(body, dict) else getattr(body, "kind", None)


GenerationIn = Annotated[
    Annotated[TextIn, Tag("text")] | Annotated[MusicIn, Tag("music")] | Annotated[ImageIn, Tag("image")],
    Discriminator(_kind),
]
"""Works to be generated; without a `kind` they are texts."""
