"""What the console's helpers return: values that read well at a prompt, in dollars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from offchain.chain import work_hex

__all__ = [
    "Claimed",
    "Licence",
    "Moved",
    "Paid",
    "Price",
    "Prices",
    "Purse",
    "Statement",
    "StatementLine",
    "Work",
    "dollars",
]

_CENTS = 2


def dollars(minor: int, decimals: int = 6) -> str:
    """Minor units of a dollar-like currency as `$1,234.56`, with more decimals only where they are needed."""
    whole, rest = divmod(minor, 10**decimals)
    digits = str(rest).rjust(decimals, "0").rstrip("0").ljust(_CENTS, "0")
    return f"${whole:,}.{digits}"


@dataclass(frozen=True, slots=True, repr=False)
class Work:
    """A registered work; `holder` is the account's number."""

    id: int
    title: str
    holder: int
    tiers: tuple[str, ...]

    def __repr__(self) -> str:
        sold = f"may be licensed as {', '.join(self.tiers)}" if self.tiers else "is not for sale"
        return f"“{self.title}” of account {self.holder} {sold}\nwork {work_hex(self.id)}"


@dataclass(frozen=True, slots=True, repr=False)
class Price:
    """One price in minor units, and why it is this one."""

    tier: str
    segment: str
    amount: int
    reason: str


@dataclass(frozen=True, slots=True, repr=False)
class Prices:
    """All prices of a work; `why` tells the reasons."""

    prices: tuple[Price, ...]

    def __repr__(self) -> str:
        return "\n".join(f"{each.tier:<12}{each.segment:<14}{dollars(each.amount):>10}" for each in self.prices)

    def __getitem__(self, key: tuple[str, str]) -> int:
        return next(each.amount for each in self.prices if (each.tier, each.segment) == key)

    @property
    def why(self) -> dict[str, str]:
        """The reason of each price."""
        return {f"{each.tier} {each.segment}": each.reason for each in self.prices}


@dataclass(frozen=True, slots=True, repr=False)
class Licence:
    """A licence that was bought; `expiry` in Unix seconds, None for ever."""

    number: int
    work: Work
    tier: str
    holder: int
    price: int
    expiry: int | None

    def __int__(self) -> int:
        return self.number

    def __repr__(self) -> str:
        until = "for ever" if self.expiry is None else f"until {datetime.fromtimestamp(self.expiry, UTC):%Y-%m-%d}"
        bought = f"licence {self.number}: “{self.work.title}”, {self.tier}, {until}"
        return f"{bought}; account {self.holder} paid {dollars(self.price)}"


@dataclass(frozen=True, slots=True, repr=False)
class Moved:
    """What pulls moved from a work to its parents: (parent's title, minor units)."""

    child: str
    moved: tuple[tuple[str, int], ...]

    def __repr__(self) -> str:
        if not self.moved:
            return f"“{self.child}” owes nothing to a parent"
        return "\n".join(
            f"{dollars(amount)} went from “{self.child}” up to “{parent}”" for parent, amount in self.moved
        )


@dataclass(frozen=True, slots=True, repr=False)
class Paid:
    """A payment to a work."""

    work: str
    payer: int
    amount: int

    def __repr__(self) -> str:
        return f"account {self.payer} paid {dollars(self.amount)} to “{self.work}”"


@dataclass(frozen=True, slots=True, repr=False)
class Purse:
    """What an account holds."""

    account: int
    amount: int

    def __repr__(self) -> str:
        return f"account {self.account} has {dollars(self.amount)}"


@dataclass(frozen=True, slots=True, repr=False)
class Claimed:
    """What a claim paid out."""

    account: int
    amount: int
    works: tuple[str, ...]

    def __repr__(self) -> str:
        if self.amount == 0:
            return f"account {self.account} has nothing to claim"
        works = ", ".join(f"“{each}”" for each in self.works)
        return f"account {self.account} received {dollars(self.amount)} from {works}"


@dataclass(frozen=True, slots=True, repr=False)
class StatementLine:
    """Earnings from one series of a work's shares, minor units; above 0 after a judgement."""

    work: str
    earned: int
    claimed: int
    claimable: int
    series: int = 0

    @property
    def name(self) -> str:
        """The work, and the series where it is not the only one that there may be."""
        return f"{self.work}, series {self.series}" if self.series else self.work


@dataclass(frozen=True, slots=True, repr=False)
class Statement:
    """Earnings of an account, recomputed from events."""

    account: int
    lines: tuple[StatementLine, ...]

    def __repr__(self) -> str:
        if not self.lines:
            return f"account {self.account} has earned nothing"
        rows: list[tuple[str, ...]] = [("work", "earned", "claimed", "claimable")]
        rows += [(each.name, *map(dollars, (each.earned, each.claimed, each.claimable))) for each in self.lines]
        width = max(len(row[0]) for row in rows) + 2
        return "\n".join(f"{name:<{width}}" + "".join(f"{cell:>12}" for cell in cells) for name, *cells in rows)
