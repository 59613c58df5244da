"""What people ask for: a registration, beside the file; a generation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from offchain.generation import Params
from offchain.generation.provenance import SCHEMA
from offchain.identity.marks.statement import SourceType

__all__ = ["MAX_WORKS", "GenerationRequest", "RegistrationRequest", "TierListing", "TierMandate"]

MAX_WORKS: Final = 64
"""Most works of one generation: its result holds the record of each."""

_TOGETHER: Final = 8
"""Works that one step makes: so many share a pass of the model, and so many a killed worker makes again."""


def _restore(self: Any, state: Sequence[object]) -> None:  # noqa: ANN401 - any dataclass of this module
    """Take the values out of a journal; the code that wrote them may not have known the last fields."""
    for number, field in enumerate(fields(self)):
        object.__setattr__(self, field.name, state[number] if number < len(state) else field.default)


@dataclass(frozen=True, slots=True)
class TierMandate:
    """A tier that the pricing delegate may sell for the registrant, for a year.

    Attributes:
        tier: name of the tier.
        floor: least price in minor units; None for the least of the tier's ladder.
        ceiling: greatest price in minor units; None for the greatest of the tier's ladder.
        per_day: most licences that may be sold in one UTC day.
    """

    tier: str
    floor: int | None = None
    ceiling: int | None = None
    per_day: int = 1000


@dataclass(frozen=True, slots=True)
class TierListing:
    """A fixed price, in minor units, at which anybody may buy on chain; `supply` licences, zero: no limit."""

    tier: str
    price: int
    supply: int = 0


@dataclass(frozen=True, slots=True)
class RegistrationRequest:
    """A registration to be made.

    Attributes:
        registrant: account that receives the title and all royalty shares.
        title: of the work.
        description: free text.
        creator: name of the creator; the registrant's statement, nobody checks it.
        tiers: what the pricing delegate may sell, and how far.
        listings: fixed prices.
        permits: numbers of the licences that allow this derivative, one for each parent.
        provenance: record of how the work came to be, or None.
        acknowledge_similar: register although the file resembles somebody's work.
        currency: CAIP-19 id of all prices here; None for the ledger's first token.
        delegate: account that may quote for the tiers; None for this process's own pricing key.
        source_type: how the work was made, as its registrant states; generated works say it themselves.
        shares: accounts and units of 1,000,000 that receive the royalty shares; empty: all are the registrant's.
        relay: whether this process sends the transactions, on the registrant's signature; else their own wallet does.
    """

    registrant: str
    title: str
    description: str = ""
    creator: str = ""
    tiers: tuple[TierMandate, ...] = ()
    listings: tuple[TierListing, ...] = ()
    permits: tuple[int, ...] = ()
    provenance: dict[str, Any] | None = None
    acknowledge_similar: bool = False
    currency: str | None = None
    delegate: str | None = None
    source_type: SourceType = "digitalCreation"
    shares: tuple[tuple[str, int], ...] = ()
    relay: bool = True

    __setstate__ = _restore

    @property
    def is_generated(self) -> bool:
        """Whether a record of a model's work comes with it."""
        return self.provenance is not None and self.provenance.get("schema") == SCHEMA


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """Works to be generated.

    Attributes:
        prompt: as `offchain.generation.generate` takes it.
        params: of the kind of work.
        seed: of the first work; each further one has the next seed.
        count: how many works.
        disclose_prompt: whether the records carry the prompt, and not only its sha256.
        encrypt_prompt_to: age recipient who alone can read the prompt in the records, or None.
        name_training_set: whether the records name the model's training set as a parent.
        mark_for: account of the creator whose watermark texts carry, or None.
        account: who asked, over HTTP; None for the operator's own command line.
    """

    prompt: str
    params: Params
    seed: int = 0
    count: int = 1
    disclose_prompt: bool = False
    encrypt_prompt_to: str | None = None
    name_training_set: bool = False
    mark_for: str | None = None
    account: str | None = None

    __setstate__ = _restore

    @property
    def parts(self) -> dict[str, range]:
        """The steps of the job, by name, each with the seeds of the works that it makes."""
        if self.count <= _TOGETHER:
            return {"generate": range(self.seed, self.seed + self.count)}
        firsts = range(0, self.count, _TOGETHER)
        parts = [range(first, min(first + _TOGETHER, self.count)) for first in firsts]
        return {
            f"generate {part[0] + 1} to {part[-1] + 1}": range(self.seed + part[0], self.seed + part[-1] + 1)
            for part in parts
        }
