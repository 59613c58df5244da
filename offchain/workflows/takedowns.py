"""Taking a work down: on a court's, a rights holder's or the operator's notice it is not offered here any more.

    issue ─ from that moment: no quote, no order, no key, no content, no registration of a copy   (the store says so)
          ─ soon after: its content is kept aside, and every node forgets it                      (`settle`)
    answer ─ the holder of the title says what is to be said
    lift  ─ offered again at once, and pinned again soon after

What stands on the chain stays: title, licences that were sold, royalties, and listings by which anybody may buy without
this service. `settle` draws the consequences of whatever notices say; it repeats without harm and is called again until
it has succeeded, so that nothing is half done for ever.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from offchain.chain import work_hex
from offchain.errors import DeniedError, NotFoundError, RefusedError, UnavailableError
from offchain.storage import local_cid
from offchain.store import TakedownActRecord, TakedownRecord, UnitOfWork
from offchain.workflows.services import Services

__all__ = ["KINDS", "Kind", "Takedown", "answer", "find_takedown", "issue", "lift", "list_takedowns"]
__all__ += ["require_none_in_force", "require_offered", "require_still_offered", "settle", "unsettle", "withheld"]

Kind = Literal["court", "rights-holder", "operator"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

_ANSWERS: Final = 20
"""Answers to a notice: everybody reads them whole, so nobody may make the list as long as they like."""


@dataclass(frozen=True, slots=True)
class Takedown:
    """A notice, and what happened about it, oldest first."""

    record: TakedownRecord
    acts: Sequence[TakedownActRecord]


def issue(services: Services, work: int, kind: Kind, reference: str, reason: str, by: str | None = None) -> Takedown:
    """Take a work down, registered or not; from now on it is offered no more.

    Args:
        services: of this process.
        work: id of the work.
        kind: whose notice it is.
        reference: for people to look up.
        reason: told in public.
        by: the operator's account; None for the command line.

    Raises:
        RefusedError: `taken-down`, a notice of this reference is in force.
    """
    now = services.now()
    record = TakedownRecord(
        id=secrets.token_hex(12), work=work, kind=kind, reference=reference, reason=reason, created_at=now
    )
    with services.store.transaction() as tx:
        standing = tx.takedowns.in_force(work)
        if standing is not None and standing.reference == reference:
            raise _taken_down(standing)
        tx.takedowns.add(record)
        tx.takedowns.log(_act(record, "issued", by, reason, now))
    return find_takedown(services, record.id)


def answer(services: Services, number: str, account: str, text: str) -> Takedown:
    """Say something about a notice, as the holder of the title.

    Raises:
        NotFoundError: `unknown-takedown`.
        DeniedError: `not-title-holder`.
        RefusedError: `too-many-answers`.
    """
    found = find_takedown(services, number).record
    with services.store.transaction() as tx:
        title = tx.events.title(found.work)
        if title is None or title.holder != account:
            raise DeniedError("not-title-holder", "you do not hold the work's title", "sign in as its holder")
        tx.alone(f"takedown {number}")
        if sum(act.act == "answered" for act in tx.takedowns.acts(found.sequence)) >= _ANSWERS:
            raise RefusedError(
                "too-many-answers",
                f"this notice has {_ANSWERS} answers already",
                "write to the operator",
                takedown=number,
            )
        tx.takedowns.log(_act(found, "answered", account, text, services.now()))
    return find_takedown(services, number)


def lift(services: Services, number: str, text: str, by: str | None = None) -> Takedown:
    """Offer the work again, unless another notice is in force; one that was lifted before is left alone.

    Raises:
        NotFoundError: `unknown-takedown`.
    """
    with services.store.transaction() as tx:
        record = tx.takedowns.find(number)
        if record is None:
            raise _unknown(number)
        if record.active:
            record.active, record.settled = False, False
            tx.takedowns.log(_act(record, "lifted", by, text, services.now()))
    return find_takedown(services, number)


def find_takedown(services: Services, number: str) -> Takedown:
    """A notice by its id.

    Raises:
        NotFoundError: `unknown-takedown`.
    """
    with services.store.snapshot() as tx:
        record = tx.takedowns.find(number)
        if record is None:
            raise _unknown(number)
        return Takedown(record, tx.takedowns.acts(record.sequence))


def list_takedowns(
    services: Services, limit: int, *, before: int | None = None, work: int | None = None
) -> list[Takedown]:
    """The newest notices; `before` is the sequence of the last one that was seen."""
    with services.store.snapshot() as tx:
        page = tx.takedowns.page(limit, before=before, work=work)
        return [Takedown(record, tx.takedowns.acts(record.sequence)) for record in page]


def withheld(services: Services, cid: str) -> bool:
    """Whether content may not be served, since every work that has it is taken down."""
    with services.store.snapshot() as tx:
        return tx.takedowns.withholds(cid)


def require_offered(services: Services, *works: int) -> None:
    """Let works through that are not taken down.

    Raises:
        RefusedError: `taken-down`, with the notice.
    """
    with services.store.snapshot() as tx:
        require_none_in_force(tx, *works)


def require_none_in_force(tx: UnitOfWork, *works: int) -> None:
    """The same in a unit of work that is open.

    Raises:
        RefusedError: `taken-down`, with the notice.
    """
    for work in works:
        standing = tx.takedowns.in_force(work)
        if standing is not None:
            raise _taken_down(standing)


def require_still_offered(services: Services, work: int, intent: str) -> None:
    """As `require_offered`, for a transaction that has waited; one whose intent has an account may be mined already.

    Raises:
        RefusedError: `taken-down`.
    """
    with services.store.snapshot() as tx:
        if tx.transactions.intended(services.client.chain_id, intent) is None:
            require_none_in_force(tx, work)


def settle(services: Services) -> int:
    """Let the nodes forget what is taken down, and pin again what is not any more; how many notices were settled.

    Raises:
        UnavailableError: a node or the disk does not answer; what is left is settled the next time.
    """
    with services.store.snapshot() as tx:
        open_ = list(tx.takedowns.unsettled())
    trouble: UnavailableError | None = None
    for record in open_:
        try:
            _settle(services, record)
        except UnavailableError as error:  # a notice that cannot be settled holds up no other
            trouble = trouble or error
    if trouble is not None:
        raise trouble
    return len(open_)


def _settle(services: Services, record: TakedownRecord) -> None:
    with services.store.snapshot() as tx:
        stands = tx.takedowns.in_force(record.work) is not None
        cids = [each.cid for each in tx.contents.of_work(record.work)]
    if stands:
        cids += _drafted(services, record.work)
    for cid in dict.fromkeys(cids):
        _forget(services, record.work, cid) if stands else _restore(services, record.work, cid)
    if not stands:
        shutil.rmtree(_folder(services, record.work), ignore_errors=True)
    with services.store.transaction() as tx:
        kept = tx.takedowns.find(record.id)
        if kept is not None and not kept.settled and kept.active == record.active:
            kept.settled = True
            tx.takedowns.log(_act(kept, "withheld" if stands else "restored", None, "", services.now()))


def unsettle(services: Services, work: int) -> None:
    """Have the consequences drawn anew for a work that has content since: a notice may have come before it."""
    with services.store.transaction() as tx:
        standing = tx.takedowns.in_force(work)
        if standing is not None:
            standing.settled = False


def _drafted(services: Services, work: int) -> list[str]:
    """What a registration has pinned that has no title yet; drafts that nobody has signed are on no node."""
    features = services.vault.features(work)
    with services.store.snapshot() as tx:
        key = tx.content_keys.find(work)
        named = [*services.vault.files(work), key and key.cid, features and local_cid(features)]
        unknown = [cid for cid in named if cid and tx.contents.find(cid) is None]
    return [cid for cid in unknown if any(node.is_pinned(cid) for node in services.ipfs.nodes)]


def _forget(services: Services, work: int, cid: str) -> None:
    """Keep the content aside, then let every node forget it; what another work needs stays."""
    with services.store.snapshot() as tx:
        needed = tx.contents.find(cid) is not None and not tx.takedowns.withholds(cid)
    if needed:
        return
    aside = _folder(services, work) / cid
    try:
        if not aside.exists():
            _keep_aside(services, cid, aside)
    except NotFoundError:  # lost before: there is nothing to forget
        return
    services.ipfs.unpin(cid)


def _keep_aside(services: Services, cid: str, aside: Path) -> None:
    with services.vault.scratch() as spooled:
        with spooled.open("wb") as stream:
            for piece in services.ipfs.open(cid).read():
                stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())
        aside.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        spooled.replace(aside)


def _restore(services: Services, work: int, cid: str) -> None:
    aside = _folder(services, work) / cid
    if not aside.exists():
        return
    with aside.open("rb") as kept:
        found = local_cid(kept)
    if found != cid:
        raise UnavailableError("content-damaged", f"what was kept aside is not {cid}", "restore it from a backup")
    services.ipfs.pin(aside)


def _folder(services: Services, work: int) -> Path:
    return services.settings.home / "withheld" / f"{work:064x}"


def _act(record: TakedownRecord, act: str, account: str | None, text: str, at: int) -> TakedownActRecord:
    return TakedownActRecord(takedown=record.sequence, act=act, account=account, text=text, at=at)


def _taken_down(record: TakedownRecord) -> RefusedError:
    return RefusedError(
        "taken-down",
        f"this work is not offered here any more: {record.reason}",
        f"see /v1/takedowns/{record.id}; the holder of its title can answer there",
        work=work_hex(record.work),
        reference=record.reference,
        takedown=record.id,
    )


def _unknown(number: str) -> NotFoundError:
    return NotFoundError("unknown-takedown", "there is no such notice", "list them at /v1/takedowns", takedown=number)
