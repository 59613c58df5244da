"""The music model: a transformer over frames, and a small network that writes the four voices of each frame in turn.

Imports torch at the top: import it inside functions. The product p(frame | frames before) = Π p(voice | voices
before it in the frame, frames before) is exact, so its logarithms are the likelihood of a piece. Attention looks back
over a window of frames with rotary positions (Su et al. 2021), so any length can be written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from offchain.generation.music.features import (
    AGES,
    BAR,
    LEFT,
    MODES,
    ORIGINS,
    SIZE,
    Conditions,
    held,
    moves,
    times,
    to_inner,
    to_outer,
)  # fmt: skip
from offchain.generation.music.tokens import HOLD, REST, VOICES

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["AHEAD", "Config", "MusicTransformer", "Stream"]

AHEAD: Final = 16
"""Frames of a given melody that the model reads in advance."""
_MELODY: Final = 24
_PARTS: Final = len(VOICES)


@dataclass(frozen=True, slots=True)
class Config:
    """Sizes of the network.

    Attributes:
        width: of every layer; a multiple of twice `heads`.
        layers: of the transformer over frames.
        heads: of its attention.
        window: frames that a frame can look back on, itself included.
        writers: layers of the network that writes the voices of a frame.
        dropout: while training.
    """

    width: int = 192
    layers: int = 3
    heads: int = 6
    window: int = 256
    writers: int = 2
    dropout: float = 0.3


class MusicTransformer(nn.Module):
    """The whole model; `forward` reads pieces at once, `begin` writes them token by token."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.past: nn.Module = FrameEmbedding(config.width)
        self.present = FrameEmbedding(config.width)
        self.mode = nn.Embedding(MODES, config.width)
        self.origin = nn.Embedding(ORIGINS, config.width)
        self.place = nn.Embedding(BAR, config.width)
        self.bar = nn.Embedding(BAR, config.width)
        self.left = nn.Embedding(LEFT, config.width)
        self.melody = MelodyAhead(config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.writer = Writer(config)
        self.apply(_start)

    def forward(self, frames: Tensor, given: Conditions) -> Tensor:
        """Logits [B, T, 4, VOCABULARY] of every token of frames [B, T, 4] (pad with END), from the tokens before it."""
        origin, _, _ = moves(given.key)
        inner = to_inner(frames, origin)
        sound, age = held(inner)
        before = [functional.pad(values[:, :-1], (0, 0, 1, 0), value=first) for values, first in
                  ((inner, SIZE - 1), (sound, SIZE - 1), (age, 0))]  # fmt: skip
        hidden = self.past(*before) + self.context(given, torch.arange(frames.shape[1], device=frames.device))
        hidden = self.trunk(hidden)
        chosen = self.present.columns(inner, sound, age)
        earlier = functional.pad(chosen.cumsum(dim=2)[:, :, :-1], (0, 0, 1, 0))
        return to_outer(self.writer(hidden[:, :, None], earlier, before[1], before[2]), origin)

    def trunk(self, hidden: Tensor) -> Tensor:
        """[B, T, width] → the same: what each frame knows of those before it."""
        for block in self.blocks:
            hidden = block(hidden)
        return hidden

    def begin(self, given: Conditions) -> Stream:
        """Start to write the pieces that are asked for."""
        return Stream(self, given)

    def context(self, given: Conditions, frames: Tensor) -> Tensor:
        """What is known of each frame before any token: [B, T, width] for frame numbers [T]."""
        origin, mode, row = moves(given.key)
        place, bar, left = times(given, frames)
        context = self.mode(mode)[:, None] + self.origin(row)[:, None] + self.place(place) + self.bar(bar)
        context = context + self.left(left)
        if given.melody is not None:
            context = context + self.melody(to_inner(given.melody, origin), frames)
        if given.latent is not None:
            context = context + given.latent[:, None]
        return cast(Tensor, context)


class Stream:
    """Pieces being written, token by token.

    Attributes:
        logits: [B, VOCABULARY] of the next token: soprano, bass, alto, tenor of frame 0, and so on.
    """

    def __init__(self, network: MusicTransformer, given: Conditions) -> None:
        self._network = network
        self._given = given
        self._origin, _, _ = moves(given.key)
        self._frame = -1
        shape = (len(given.key), 1, _PARTS)
        self._sound = torch.full(shape, SIZE - 1, device=given.key.device)
        self._age = torch.zeros_like(self._sound)
        self._caches: list[tuple[Tensor, Tensor] | None] = [None] * len(network.blocks)
        self._voice = 0
        self._hidden = self._earlier = torch.empty(0)
        self._next_sound: list[Tensor] = []
        self._next_age: list[Tensor] = []
        self._tokens = [self._sound[:, 0, 0]] * _PARTS
        with torch.inference_mode():
            self._enter()
            self.logits = self._write()

    @torch.inference_mode()
    def next(self, tokens: Tensor) -> Tensor:
        """Take the next token [B] of each piece; the logits of the one after it."""
        voice = self._voice
        token = to_inner(tokens, self._origin)
        self._tokens[voice] = token
        sound, age = _step(token, self._sound[:, 0, voice], self._age[:, 0, voice])
        self._next_sound.append(sound)
        self._next_age.append(age)
        self._earlier = self._earlier + self._network.present.column(voice, token, sound, age)
        self._voice = (voice + 1) % _PARTS
        if self._voice == 0:
            self._sound = torch.stack(self._next_sound, dim=-1)[:, None]
            self._age = torch.stack(self._next_age, dim=-1)[:, None]
            self._enter()
        self.logits = self._write()
        return self.logits

    def _enter(self) -> None:
        """Read the frame just written and go to the next."""
        self._frame += 1
        network = self._network
        tokens = torch.stack(self._tokens, dim=-1)[:, None]
        hidden = network.past(tokens, self._sound, self._age)
        hidden = hidden + network.context(self._given, torch.tensor([self._frame], device=hidden.device))
        for number, block in enumerate(network.blocks):
            hidden, self._caches[number] = cast(Block, block).extend(hidden, self._caches[number], self._frame)
        self._hidden = hidden[:, 0]
        self._earlier = torch.zeros_like(self._hidden)
        self._next_sound, self._next_age = [], []

    def _write(self) -> Tensor:
        voice = self._voice
        sound, age = self._sound[:, 0, voice], self._age[:, 0, voice]
        logits = self._network.writer.one(voice, self._hidden, self._earlier, sound, age)
        return to_outer(logits, self._origin)


class FrameEmbedding(nn.Module):
    """A frame as a vector: of each voice the token, what sounds, and since when."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.token = nn.Embedding(_PARTS * SIZE, width)
        self.sound = nn.Embedding(_PARTS * SIZE, width)
        self.age = nn.Embedding(_PARTS * AGES, width)

    def forward(self, tokens: Tensor, sound: Tensor, age: Tensor) -> Tensor:
        """[B, T, 4] each → [B, T, width]."""
        return self.columns(tokens, sound, age).sum(dim=-2)

    def columns(self, tokens: Tensor, sound: Tensor, age: Tensor) -> Tensor:
        """[B, T, 4] each → [B, T, 4, width]."""
        voice = torch.arange(_PARTS, device=tokens.device)
        found = self.token(voice * SIZE + tokens) + self.sound(voice * SIZE + sound) + self.age(voice * AGES + age)
        return cast(Tensor, found)

    def column(self, voice: int, token: Tensor, sound: Tensor, age: Tensor) -> Tensor:
        """[B] each → [B, width], for one voice."""
        found = self.token(voice * SIZE + token) + self.sound(voice * SIZE + sound) + self.age(voice * AGES + age)
        return cast(Tensor, found)


class MelodyAhead(nn.Module):
    """The melody from each frame on, `AHEAD` frames, as a vector; nothing known adds nothing."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.sound = nn.Embedding(SIZE, _MELODY, padding_idx=SIZE - 1)
        self.join = nn.Linear(AHEAD * (_MELODY + 1), width, bias=False)

    def forward(self, melody: Tensor, frames: Tensor) -> Tensor:
        """Inner tokens [B, M] and frame numbers [T] → [B, T, width]."""
        sound, _ = held(melody)
        known = (melody != SIZE - 1)[..., None]
        begun = ((melody != HOLD)[..., None] & known).to(self.sound.weight.dtype)
        read = torch.cat([self.sound(sound), begun], dim=-1)
        read = functional.pad(read, (0, 0, 0, AHEAD + max(0, int(frames[-1]) + 1 - melody.shape[1])))
        window = read[:, frames[:, None] + torch.arange(AHEAD, device=frames.device)]
        return cast(Tensor, self.join(window.flatten(2)))


class Block(nn.Module):
    """Attention over frames and a network per frame, each added to what it reads (pre-norm)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.heads = config.heads
        self.window = config.window
        self.norm = nn.RMSNorm(config.width, eps=1e-6)
        self.project = nn.Linear(config.width, 3 * config.width, bias=False)
        self.out = nn.Linear(config.width, config.width, bias=False)
        self.mix = Mix(config.width, 4 * config.width, config.dropout)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, hidden: Tensor) -> Tensor:
        """[B, T, width] → the same, each frame from itself and the `window` − 1 before it."""
        query, key, value = self._split(hidden, torch.arange(hidden.shape[1], device=hidden.device))
        far = torch.arange(hidden.shape[1], device=hidden.device)
        distance = far[:, None] - far
        seen = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=(distance >= 0) & (distance < self.window)
        )
        return self._join(hidden, seen)

    def extend(
        self, hidden: Tensor, cache: tuple[Tensor, Tensor] | None, frame: int
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """One frame [B, 1, width] after those in the cache; the result and the new cache."""
        query, key, value = self._split(hidden, torch.tensor([frame], device=hidden.device))
        if cache is not None:
            key = torch.cat([cache[0], key], dim=2)[:, :, -self.window :]
            value = torch.cat([cache[1], value], dim=2)[:, :, -self.window :]
        return self._join(hidden, functional.scaled_dot_product_attention(query, key, value)), (key, value)

    def _split(self, hidden: Tensor, frames: Tensor) -> Sequence[Tensor]:
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in self.project(self.norm(hidden)).chunk(3, -1)
        )
        return _rotate(query, frames), _rotate(key, frames), value

    def _join(self, hidden: Tensor, seen: Tensor) -> Tensor:
        hidden = hidden + self.dropout(self.out(seen.transpose(1, 2).flatten(2)))
        return cast(Tensor, self.mix(hidden))


class Mix(nn.Module):
    """x + W₂ relu(W₁ norm(x))² (So et al. 2021 for the square)."""

    def __init__(self, width: int, inside: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(width, eps=1e-6)
        self.widen = nn.Linear(width, inside, bias=False)
        self.narrow = nn.Linear(inside, width, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden: Tensor) -> Tensor:
        """[…, width] → the same."""
        inside = functional.relu(self.widen(self.norm(hidden))).square()
        return cast(Tensor, hidden + self.dropout(self.narrow(inside)))


class Writer(nn.Module):
    """Writes a voice from the frames before, the voices before it in the frame, and the note that it may hold."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.voice = nn.Embedding(_PARTS, config.width)
        self.sound = nn.Embedding(_PARTS * SIZE, config.width)
        self.age = nn.Embedding(_PARTS * AGES, config.width)
        self.mixes = nn.ModuleList(Mix(config.width, 2 * config.width, config.dropout) for _ in range(config.writers))
        self.norm = nn.RMSNorm(config.width, eps=1e-6)
        self.head = nn.Linear(config.width, SIZE)

    def forward(self, hidden: Tensor, earlier: Tensor, sound: Tensor, age: Tensor) -> Tensor:
        """[B, T, 1, width], [B, T, 4, width], [B, T, 4], [B, T, 4] → logits [B, T, 4, SIZE]."""
        voice = torch.arange(_PARTS, device=sound.device)
        return self._read(hidden + earlier, voice, sound, age)

    def one(self, voice: int, hidden: Tensor, earlier: Tensor, sound: Tensor, age: Tensor) -> Tensor:
        """[B, width], [B, width], [B], [B] → logits [B, SIZE] of one voice."""
        return self._read(hidden + earlier, torch.tensor(voice, device=sound.device), sound, age)

    def _read(self, known: Tensor, voice: Tensor, sound: Tensor, age: Tensor) -> Tensor:
        own = self.voice(voice) + self.sound(voice * SIZE + sound) + self.age(voice * AGES + age)
        written = known + own
        for mix in self.mixes:
            written = mix(written)
        return cast(Tensor, self.head(self.norm(written)))


def _step(token: Tensor, sound: Tensor, age: Tensor) -> tuple[Tensor, Tensor]:
    """What `features.held` says of one more frame; a hold at the very start means silence, as it does there."""
    kept = torch.where(sound == SIZE - 1, REST, sound)
    holds = token == HOLD
    return torch.where(holds, kept, token), torch.where(holds, (age + 1).clamp(max=AGES - 1), 0)


def _rotate(values: Tensor, frames: Tensor) -> Tensor:
    """Turn pairs of [B, heads, T, size] by angles that grow with the frame."""
    half = values.shape[-1] // 2
    speed = 1024.0 ** (-torch.arange(half, device=values.device, dtype=values.dtype) / half)
    angle = frames[:, None].to(values.dtype) * speed
    first, second = values[..., :half], values[..., half:]
    return torch.cat([first * angle.cos() - second * angle.sin(), first * angle.sin() + second * angle.cos()], dim=-1)


def _start(module: nn.Module) -> None:
    """Small random weights, so that the sum of a frame's many embeddings is of unit size."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02 if isinstance(module, nn.Linear) else 0.25)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
    if isinstance(module, nn.Embedding) and module.padding_idx is not None:
        with torch.no_grad():
            module.weight[module.padding_idx].zero_()
