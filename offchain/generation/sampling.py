"""Drawing one token from a model's logits, so that anybody with the seed draws the same one.

The draw inverts the cumulative distribution at `uniform(seed, position)`, in double precision and in
vocabulary order: two tokens whose rank by probability another processor's rounding swaps keep their place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from offchain.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "MAX_SEED",
    "Bend",
    "Choice",
    "Drawing",
    "check_drawing",
    "check_seed",
    "choose",
    "distance",
    "uniform",
    "within",
]

MAX_SEED: Final = 2**53 - 1
"""Largest seed: the largest integer that canonical JSON carries exactly (RFC 8785 §3.2.2.3)."""

_RARE: Final = 1e-5
"""Probability below which a token hardly ever is in a nucleus."""


class Drawing(Protocol):
    """What any kind of work says about how its tokens are drawn.

    Attributes:
        temperature: 0 takes the likeliest token each time, else 0.01 to 10; 1 is the model's own distribution.
        top_p: draw only from the likeliest tokens that together reach this probability, above 0 up to 1
            (nucleus sampling, Holtzman et al. 2020, §3.1).
    """

    @property
    def temperature(self) -> float: ...  # noqa: D102  # described above
    @property
    def top_p(self) -> float: ...  # noqa: D102  # described above


class Bend(Protocol):
    """A change of the distribution that is drawn from, such as a watermark's."""

    def __call__(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """The changed distribution, for probabilities that sum to 1; what was 0 stays 0."""

    def strain(self, probabilities: NDArray[np.float64], boundary: int, gap: float) -> float:
        """How many times further than before an error may move the sum up to the token `boundary`, at least 1.

        `gap` is how far the draw is from it: where that is far, 1 may come back unmeasured.
        """


@dataclass(frozen=True, slots=True)
class Choice:
    """A drawn token.

    Attributes:
        token: its id.
        margin: how far cumulative probabilities may be off without changing the draw, 1 when nothing can.
    """

    token: int
    margin: float


def check_seed(seed: int) -> None:
    """Accept 0 to `MAX_SEED`.

    Raises:
        InputError: anything else.
    """
    within("seed", seed, f"0 to {MAX_SEED}", fits=0 <= seed <= MAX_SEED)


def check_drawing(params: Drawing) -> None:
    """Accept the values that `Drawing` allows.

    Raises:
        InputError: a value outside its range.
    """
    fits = params.temperature == 0 or 0.01 <= params.temperature <= 10
    within("temperature", params.temperature, "0, or 0.01 to 10", fits=fits)
    within("top_p", params.top_p, "above 0, up to 1", fits=0 < params.top_p <= 1)


def within(name: str, value: float | str, allowed: str, *, fits: bool) -> None:
    """Accept a parameter that fits.

    Raises:
        InputError: `parameter-out-of-range`, with what is allowed.
    """
    if not fits:
        raise InputError("parameter-out-of-range", f"{name} is {value}", f"choose {allowed}", parameter=name)


def uniform(seed: int, position: int) -> float:
    """The number in [0, 1) that decides the token at `position`.

    It is the first 53 bits of sha256(seed ‖ position), each as 8 big-endian bytes, over 2⁵³.
    """
    digest = hashlib.sha256(seed.to_bytes(8, "big") + position.to_bytes(8, "big")).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def choose(logits: NDArray[np.float64], params: Drawing, u: float, bend: Bend | None = None) -> Choice:
    """Draw a token at the point `u` of the distribution that `params` make of `logits` (one per token id).

    A `bend` is applied last, to what temperature and nucleus leave; temperature 0 leaves nothing to bend.
    """
    if params.temperature == 0:
        return _likeliest(_probabilities(logits, 1.0))
    probabilities = _probabilities(logits, params.temperature)
    if params.top_p == 1:
        return _invert(probabilities, u, bend)
    if bend is not None:
        return _invert_nucleus(probabilities, params.top_p, u, bend)
    head = _head(probabilities, params.top_p)
    choice = _invert_nucleus(probabilities[head], params.top_p, u, None)
    return Choice(int(head[choice.token]), choice.margin)


def _head(probabilities: NDArray[np.float64], top_p: float) -> NDArray[np.int64]:
    """Tokens that a nucleus and its neighbours are made of, in order: a draw among them is a draw among all.

    Sums over the rest add zeros, hence not a bit of a draw is another; only sorting a vocabulary is spared.
    """
    import numpy as np

    kept = np.flatnonzero(probabilities >= _RARE)
    likely = probabilities[kept]
    # The least of them must not be needed to reach top_p, so that what follows the edge is among them.
    reached = likely[likely > likely.min(initial=1.0)].sum()
    return kept if reached > top_p + 1e-9 else np.arange(len(probabilities))


def distance(logits: NDArray[np.float64], params: Drawing, u: float, token: int, bend: Bend | None = None) -> float:
    """How far cumulative probabilities must be off for `choose` to draw `token` at `u`: 0 where it does, 1 at most."""
    import numpy as np

    if params.temperature == 0:
        probabilities = _probabilities(logits, 1.0)
        best = int(probabilities.argmax())
        return 0.0 if token == best else _rank_margin(float(probabilities[best]), float(probabilities[token]))
    probabilities = _probabilities(logits, params.temperature)
    if params.top_p == 1:
        return _outside(probabilities, u, token, bend)
    ordered = np.sort(probabilities)[::-1]
    reached = ordered.cumsum()
    edge = ordered[min(int(reached.searchsorted(params.top_p)), len(ordered) - 1)]
    least = _outside(np.where(probabilities >= edge, probabilities, 0.0), u, token, bend)
    for slack, inside in _neighbours(probabilities, ordered, reached - params.top_p, edge):
        least = min(least, max(slack, _outside(np.where(inside, probabilities, 0.0), u, token, bend)))
    return least


def _outside(weights: NDArray[np.float64], u: float, token: int, bend: Bend | None) -> float:
    """Distance of `u` from the token's interval in the distribution proportional to `weights`."""
    if weights[token] == 0:
        return 1.0
    cumulative = _cumulative(weights, bend)
    below = float(cumulative[token - 1]) if token else 0.0
    above = float(cumulative[token])
    if below <= u < above:
        return 0.0
    gap, boundary = (below - u, token - 1) if u < below else (u - above, token)
    return _unstrained(gap, boundary, weights, bend)


def _probabilities(logits: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    import numpy as np

    weights = np.exp((logits - logits.max()) / temperature)
    probabilities: NDArray[np.float64] = weights / weights.sum()
    return probabilities


def _likeliest(probabilities: NDArray[np.float64]) -> Choice:
    token = int(probabilities.argmax())
    others = probabilities.copy()
    others[token] = 0.0
    return Choice(token, _rank_margin(float(probabilities[token]), float(others.max())))


def _invert(weights: NDArray[np.float64], u: float, bend: Bend | None) -> Choice:
    """Invert the distribution proportional to `weights`; a weight of 0 is never drawn."""
    cumulative = _cumulative(weights, bend)
    token = int(cumulative.searchsorted(u, side="right"))
    below = float(cumulative[token - 1]) if token else 0.0
    above = float(cumulative[token])
    # 0 and 1 are no boundaries: no rounding moves a draw across them.
    gaps = [(u - below, token - 1)] * (below > 0) + [(above - u, token)] * (above < 1)
    return Choice(token, min((_unstrained(gap, boundary, weights, bend) for gap, boundary in gaps), default=1.0))


def _cumulative(weights: NDArray[np.float64], bend: Bend | None) -> NDArray[np.float64]:
    cumulative = (weights if bend is None else bend(weights / weights.sum())).cumsum()
    cumulative /= cumulative[-1]
    return cumulative


def _unstrained(gap: float, boundary: int, weights: NDArray[np.float64], bend: Bend | None) -> float:
    """The error of unbent cumulative probabilities that moves the bent boundary by `gap`."""
    return gap if bend is None else gap / bend.strain(weights / weights.sum(), boundary, gap)


def _invert_nucleus(probabilities: NDArray[np.float64], top_p: float, u: float, bend: Bend | None) -> Choice:
    """Invert what is left of a distribution inside its nucleus; equals at the edge are all inside."""
    import numpy as np

    ordered = np.sort(probabilities)[::-1]
    reached = ordered.cumsum()
    edge = ordered[min(int(reached.searchsorted(top_p)), len(ordered) - 1)]
    choice = _invert(np.where(probabilities >= edge, probabilities, 0.0), u, bend)
    margin = choice.margin
    for slack, inside in _neighbours(probabilities, ordered, reached - top_p, edge):
        if slack < margin and _invert(np.where(inside, probabilities, 0.0), u, bend).token != choice.token:
            margin = slack
    return Choice(choice.token, margin)


def _neighbours(
    probabilities: NDArray[np.float64], ordered: NDArray[np.float64], excess: NDArray[np.float64], edge: float
) -> Iterator[tuple[float, NDArray[np.bool_]]]:
    """The nuclei that a small error could make of this one, each with the size of that error."""
    above = int((probabilities > edge).sum())
    if above:
        yield -float(excess[above - 1]), probabilities > edge
    size = int((probabilities >= edge).sum())
    if size < len(ordered):
        following = ordered[size]
        yield float(excess[size - 1]), probabilities >= following
        yield _rank_margin(float(edge), float(following)), (probabilities > edge) | (probabilities == following)


def _rank_margin(more: float, less: float) -> float:
    """The error of cumulative probabilities at which two probabilities may change places.

    Rounding moves each probability by a fraction r of itself, hence a cumulative probability F by at most
    2rF(1 − F) ≤ r / 2; the two change places at r = (more − less) / (more + less).
    """
    return (more - less) / (more + less) / 2
