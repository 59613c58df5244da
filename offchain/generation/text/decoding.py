"""The decode loop: prompts in tokens in, drawn tokens out, one forward pass a token for all texts of a batch.

Prompts of a batch are padded on the left and keep their own positions; a text that has ended leaves the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from offchain.generation.runtime import Progress
from offchain.generation.sampling import Bend, Choice, choose, uniform
from offchain.generation.text.feeding import Feed, feed_for
from offchain.generation.text.model import Network
from offchain.generation.text.params import TextParams

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Ask", "Bending", "Decoded", "decode", "end_tokens"]

Bending: TypeAlias = Callable[[Sequence[int]], Bend | None]
"""How the draw after an answer's tokens is bent, None where it is not; called once a position, in order."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One text to be drawn.

    Attributes:
        prompt: token ids, at least one.
        seed: 0 to `MAX_SEED`.
        bending: a watermark's, or None.
    """

    prompt: Sequence[int]
    seed: int
    bending: Bending | None = None


@dataclass(slots=True)
class Decoded:
    """An answer in tokens.

    Attributes:
        tokens: ids, without the one that ended the answer.
        margin: the smallest margin of all draws, the ending one included (see `Choice.margin`).
        ended: whether the model ended it.
    """

    tokens: list[int] = field(default_factory=list)
    margin: float = 1.0
    ended: bool = False

    def take(self, choice: Choice, ends: frozenset[int]) -> None:
        """Note the next draw."""
        self.margin = min(self.margin, choice.margin)
        self.ended = choice.token in ends
        if not self.ended:
            self.tokens.append(choice.token)


def decode(
    network: Network, asks: Sequence[Ask], params: TextParams, progress: Progress | None = None
) -> list[Decoded]:
    """Draw the answer to each prompt until the model ends it or `params.max_tokens` are drawn.

    Args:
        network: where it lies, CPU or GPU, it runs.
        asks: texts of one batch, at least one; each is drawn as it would be alone.
        params: how tokens are drawn.
        progress: told of the longest text; see `Progress`.
    """
    ends, feed = end_tokens(network), feed_for(network, len(asks), params.max_tokens)
    texts = [Decoded() for _ in asks]
    going = list(range(len(asks)))
    logits = feed.start([ask.prompt for ask in asks])
    for position in range(params.max_tokens):
        chosen = _drawn([asks[i] for i in going], [texts[i] for i in going], logits, params, position)
        for i, choice in zip(going, chosen, strict=True):
            texts[i].take(choice, ends)
        left = [row for row, i in enumerate(going) if not texts[i].ended]
        if not left:
            break
        going = [going[row] for row in left]
        if progress is not None:
            progress(position + 1, params.max_tokens)
        if position + 1 < params.max_tokens:
            logits = _advanced(feed, left, len(chosen), [texts[i].tokens[-1] for i in going])
    return texts


def end_tokens(network: Network) -> frozenset[int]:
    """Tokens that end an answer; none where the model names none."""
    ids = network.generation_config.eos_token_id
    ids = network.config.get_text_config().eos_token_id if ids is None else ids
    return frozenset(ids if isinstance(ids, list) else [] if ids is None else [ids])


def _advanced(feed: Feed, left: list[int], before: int, tokens: list[int]) -> Tensor:
    if len(left) < before:
        feed.keep(left)
    return feed.next(tokens)


def _drawn(
    asks: Sequence[Ask], texts: Sequence[Decoded], logits: Tensor, params: TextParams, position: int
) -> list[Choice]:
    """A draw a text from the rows of `logits` (texts, vocabulary)."""
    points = [uniform(ask.seed, position) for ask in asks]
    if logits.device.type != "cpu" and all(ask.bending is None for ask in asks):
        from offchain.generation.text.draws import draw_batch

        return draw_batch(logits, params, points)
    bends = [None if ask.bending is None else ask.bending(text.tokens) for ask, text in zip(asks, texts, strict=True)]
    rows = logits.double().cpu().numpy()
    return [choose(row, params, u, bend) for row, u, bend in zip(rows, points, bends, strict=True)]
