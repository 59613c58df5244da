"""The registry, as docs/SPECIFICATION.md §1 tells it: who holds which work, since when, and from when on for good."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

from tests.contracts.reference.eip712 import Signature
from tests.contracts.reference.rules import Message, Room, refuse
from tests.contracts.reference.tokens import Tokens
from tests.contracts.structs import Registration

__all__ = ["EMPTY", "GRACE", "MAX_PARENTS", "MAX_UPSTREAM", "NO_HASH", "Edge", "Title", "Works"]

GRACE = 300
"""Seconds after its priority during which a title may give way."""
NO_HASH = b"\0" * 32
EMPTY = int.from_bytes(sha256(b"").digest(), "big")
SMALLEST = 2**192
"""Ids below this name series of shares."""
MAX_PARENTS = 16
MAX_UPSTREAM = 900_000


class Edge(NamedTuple):
    """A child's debt to one parent: upstream in parts per million of its gross, bounds in minor units."""

    parent: int
    upstream: int
    currency: int
    guarantee: int
    ceiling: int


class Title(NamedTuple):
    """A title, its holder left to the tokens; times in Unix seconds."""

    priority_at: int
    epoch: int
    edges: tuple[Edge, ...]
    series: int = 0
    issued: bool = False
    disputed: bool = False

    @property
    def final_at(self) -> int:
        """From when on it can earn, be sold and change hands."""
        return self.priority_at + GRACE

    @property
    def upstream(self) -> int:
        """What all edges owe together, in parts per million."""
        return sum(edge.upstream for edge in self.edges)


@dataclass
class Works(Room):
    """All titles. `hash_registration` gives the digest that a registrant signs."""

    STATE = ("titles", "commitments", "metadata", "epochs", "gave_way", "paused")

    admin: str
    hash_registration: Callable[[Registration, int, int], bytes]
    tokens: Tokens = field(default_factory=Tokens)
    titles: dict[int, Title] = field(default_factory=dict)
    commitments: dict[bytes, int] = field(default_factory=dict)
    metadata: dict[int, bytes] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)
    gave_way: set[int] = field(default_factory=set)
    paused: bool = False

    # Questions

    def holder_reasons(self, caller: str, work: int, room: str) -> Iterator[str]:
        """Only the title's holder may; an unknown work has none."""
        if work not in self.titles:
            yield "WorkRegistry__UnknownWork"
        if self.tokens.owners.get(work) != caller:
            yield f"{room}__NotHolder"

    def final_reasons(self, now: int, work: int, room: str) -> Iterator[str]:
        """Nothing is earned, sold or transferred under a title that may still give way."""
        if work not in self.titles:
            yield "WorkRegistry__UnknownWork"
        elif now < self.titles[work].final_at:
            yield f"{room}__NotFinal"

    def disputed(self, work: int) -> bool:
        """Whether a dispute over it is open."""
        return work in self.titles and self.titles[work].disputed

    def priority(self, now: int, r: Registration, commitment: bytes) -> int:
        """Time of the commitment that the salt opens, else now."""
        return now if r.salt == NO_HASH else self.commitments.get(commitment, now)

    def commitment_reasons(self, now: int, commitment: bytes) -> Iterator[str]:
        """A reveal needs a commitment of an earlier block."""
        made = self.commitments.get(commitment)
        if made is None:
            yield "WorkRegistry__CommitmentUnknown"
        elif made >= now:
            yield "WorkRegistry__CommitmentTooYoung"

    def registration_reasons(self, now: int, r: Registration, commitment: bytes) -> Iterator[str]:
        """Why a work cannot be registered so, parents left aside."""
        if self.paused:
            yield "Pausable__Paused"
        if r.work < SMALLEST or r.work == EMPTY:
            yield "WorkRegistry__EmptyWork"
        if r.salt != NO_HASH:
            yield from self.commitment_reasons(now, commitment)
        former = self.titles.get(r.work)
        if former and not (now < former.final_at and self.priority(now, r, commitment) < former.priority_at):
            yield "WorkRegistry__AlreadyRegistered"

    def edge_reasons(self, r: Registration, edges: tuple[Edge, ...]) -> Iterator[str]:
        """A work keeps at least a tenth of what it earns."""
        if len(r.permits) + len(r.purchases) > MAX_PARENTS:
            yield "WorkRegistry__TooManyParents"
        if sum(edge.upstream for edge in edges) > MAX_UPSTREAM:
            yield "WorkRegistry__UpstreamTooHigh"

    def signature_reasons(self, now: int, r: Registration, deadline: int, signature: Signature) -> Iterator[str]:
        """The registrant signed exactly this, under its present epoch, and in time."""
        if now > deadline:
            yield "WorkRegistry__Expired"
        expected = self.hash_registration(r, self.epochs.get(r.registrant, 0), deadline)
        if (signature.signer, signature.digest) != (r.registrant, expected):
            yield "WorkRegistry__BadSignature"

    # Changes

    def write(self, now: int, r: Registration, commitment: bytes) -> None:
        """A new title, without edges yet; one that gave way leaves its epoch, raised, and nothing else."""
        former = self.titles.get(r.work)
        if former is not None:
            self.tokens.burn(r.work)
            self.gave_way.add(r.work)
        self.titles[r.work] = Title(self.priority(now, r, commitment), former.epoch + 1 if former else 0, ())
        self.metadata[r.work] = r.metadata
        self.tokens.move(r.work, r.registrant)

    def change(self, work: int, **changes: object) -> None:
        """Change some fields of a title."""
        self.titles[work] = self.titles[work]._replace(**changes)  # type: ignore[arg-type]

    def raise_epoch(self, work: int) -> None:
        """Void every listing, quote and delegation made before."""
        self.change(work, epoch=self.titles[work].epoch + 1)

    # Calls that concern nobody else

    def commit(self, msg: Message, commitment: bytes) -> None:
        """The first time counts."""
        self.commitments.setdefault(commitment, msg.now)

    def setMetadata(self, msg: Message, work: int, metadata: bytes) -> None:
        """By the holder."""
        refuse(self.holder_reasons(msg.sender, work, "WorkRegistry"))
        self.metadata[work] = metadata

    def advanceWorkEpoch(self, msg: Message, work: int) -> None:
        """By the holder of a final title."""
        refuse(
            [
                *self.holder_reasons(msg.sender, work, "WorkRegistry"),
                *self.final_reasons(msg.now, work, "WorkRegistry"),
            ]
        )
        self.raise_epoch(work)

    def advanceEpoch(self, msg: Message) -> None:
        """Void the caller's unused registrations."""
        self.epochs[msg.sender] = self.epochs.get(msg.sender, 0) + 1

    def approve(self, msg: Message, account: str, work: int) -> None:
        """EIP-721."""
        refuse(self.tokens.approval_reasons(msg.sender, work))
        self.tokens.approved[work] = account

    def setApprovalForAll(self, msg: Message, operator: str, approved: bool) -> None:
        """EIP-721."""
        (self.tokens.operators.add if approved else self.tokens.operators.discard)((msg.sender, operator))

    def setPaused(self, msg: Message, paused: bool) -> None:
        """By the admin; the guardian is nobody here."""
        refuse(["Pausable__NotGuardian"] if msg.sender != self.admin else [])
        self.paused = paused
