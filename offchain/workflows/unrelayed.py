"""Registrations whose two transactions the registrants' own wallets send: how their jobs follow the chain.

    … ─ draft                         as for a relayed one; the draft holds two transactions in the place of typed data
      ─ commit ─ pin                  once the chain has the commitment
      ─ register ─ index              once it has the title

Nobody is believed who says that something was sent: the chain's title must be what was drafted. A workflow that waited
for the chain would hold a thread, perhaps for a day, so it ends instead and says which steps are still to come. What is
waited for lies in the store, and `follow` takes a job up when the chain has it, or when the time is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, Final

from dbos import DBOS

from offchain.chain import ZERO_DIGEST, Edge, Registration, work_hex
from offchain.chain.waiting import await_block_after
from offchain.errors import RefusedError
from offchain.store import EventRecord, TitleRecord, UnitOfWork, UnrelayedRecord
from offchain.workflows.derivation import edges_of
from offchain.workflows.engine import Engine
from offchain.workflows.guards import require_unregistered
from offchain.workflows.jobs import PUBLISHING, STEPS, Draft, Job, Waiting, WalletCall
from offchain.workflows.publishing import index_title, pin_drafted, published_title
from offchain.workflows.services import Services
from offchain.workflows.steps import engine, run_step
from offchain.workflows.takedowns import require_offered

__all__ = ["await_chain", "awaited_call", "catch_up", "follow", "publish_unrelayed", "wallet_calls"]

_STEPS: Final = STEPS["registration" + PUBLISHING]

_MARGIN: Final = 256
"""Blocks below the head in which a commitment may come to stand after a reorganisation."""

_AT_ONCE: Final = 500


@DBOS.workflow(name="registration.unrelayed", max_recovery_attempts=1000)
def publish_unrelayed(draft: Draft) -> dict[str, Any] | Waiting:
    """See the commitment, pin, see the title, and read it back; where one is not there yet, tell what is to come."""
    services = engine().services
    commitment = run_step("commit", _committed, services, draft)
    if commitment is None:
        return Waiting(_STEPS)
    run_step("pin", pin_drafted, services, draft)
    transaction = run_step("register", _registered, services, draft)
    result = None if transaction is None else run_step("index", _indexed, services, draft, commitment, transaction)
    return Waiting(_STEPS[2:]) if result is None else result


def wallet_calls(services: Services, registration: Registration, value: int) -> tuple[WalletCall, WalletCall]:
    """What the registrant's wallet sends: the commitment, then in a later block the registration with `value` wei."""
    registry, sender = services.contracts.registry, registration.registrant
    calls = registry.commit(_commitment(services, registration)), registry.register(registration, value)
    chain_id = services.client.chain_id
    return WalletCall("commit", chain_id, sender, calls[0]), WalletCall("register", chain_id, sender, calls[1])


def await_chain(services: Services, job_id: str, draft: Draft, *, reserved: bool = False) -> None:
    """Have the chain watched for what a draft's registrant sends; doing it again begins it anew.

    Args:
        services: of this process.
        job_id: of the registration.
        draft: that it ended with.
        reserved: whether the job has seen the commitment.
    """
    registration = draft["registration"]
    commitment = _commitment(services, registration)
    with services.store.transaction() as tx:
        last, earlier = tx.events.last_block(), tx.events.committed([commitment])
        blocks = [*(event.block for event in earlier.values()), 0 if last is None else last.number]
        record = UnrelayedRecord(
            job=job_id,
            work=registration.work,
            commitment=commitment,
            since=max(0, min(blocks) - _MARGIN),
            deadline=draft["deadline"],
            reserved=reserved,
        )
        tx.unrelayed.put(record)


def catch_up(engine: Engine, job: Job) -> Job:
    """Let a job go on whose title, as drafted, is on the chain although nobody looked."""
    draft = engine.output(job.id)
    if isinstance(draft, Draft) and published_title(engine.services, draft) is not None:
        engine.begin(publish_unrelayed, job.id + PUBLISHING, draft)
    return engine.job(job.id)


def awaited_call(engine: Engine, job: Job) -> WalletCall | None:
    """What a job awaits of its registrant's wallet now, as far as the chain was looked at; None while it is at work."""
    if job.state == "awaiting-signature":
        step = _STEPS[0]
    elif isinstance(ended := engine.output(job.id + PUBLISHING), Waiting):
        step = ended.steps[0]
    else:
        return None
    return next((each for each in job.calls if each.step == step), None)


def follow(engine: Engine) -> None:
    """Take up every job for which the chain, as far as it is indexed, has something new, or whose time is over.

    Raises:
        UnavailableError: `chain-down`, `store-unavailable`.
    """
    store = engine.services.store
    with store.snapshot() as tx:
        awaited = tx.unrelayed.all()
    if not awaited:
        return
    with store.exclusively("unrelayed") if store.shared else nullcontext():
        for first in range(0, len(awaited), _AT_ONCE):
            _follow(engine, awaited[first : first + _AT_ONCE])


def _follow(engine: Engine, awaited: Sequence[UnrelayedRecord]) -> None:
    services = engine.services
    with services.store.snapshot() as tx:
        titles = {title.work: title for title in tx.events.titles({each.work for each in awaited})}
        committed = tx.events.committed([each.commitment for each in awaited], min(each.since for each in awaited))
    now = services.now()
    for each in awaited:
        title, commitment = titles.get(each.work), committed.get(each.commitment)
        late = now > each.deadline
        if late or title is not None or (commitment is not None) != each.reserved:
            _move(engine, each, title, commitment, late=late)


def _move(
    engine: Engine, awaited: UnrelayedRecord, title: TitleRecord | None, commitment: EventRecord | None, *, late: bool
) -> None:
    """Let a job take its next step; what has ended is waited for no longer."""
    job = engine.find(awaited.job)
    state = None if job is None else job.state
    draft = engine.output(awaited.job)
    if state == "awaiting-signature" and isinstance(draft, Draft):
        if late or title is not None or commitment is not None:
            engine.begin(publish_unrelayed, awaited.job + PUBLISHING, draft)
        else:
            _mark(engine.services, awaited.job, reserved=False)
    elif state == "running":
        if isinstance(draft, Draft):
            _take_up(engine, awaited.job, draft, title, commitment, late=late)
    elif state not in ("cancelled", "interrupted", "waiting") or late:
        with engine.services.store.transaction() as tx:
            tx.unrelayed.remove(awaited.job, awaited.deadline)


def _take_up(
    engine: Engine,
    job_id: str,
    draft: Draft,
    title: TitleRecord | None,
    commitment: EventRecord | None,
    *,
    late: bool,
) -> None:
    """Go on with a workflow that has ended waiting; after a reorganisation, wait for the commitment again."""
    waiting = engine.output(job_id + PUBLISHING)
    if not isinstance(waiting, Waiting):
        return
    expected = title is not None and not _may_give_way(engine.services, draft, title, commitment)
    if late or expected:
        engine.rewind(job_id + PUBLISHING, _STEPS.index(waiting.steps[0]) + 1)
    elif commitment is None and title is None:
        engine.forget(job_id + PUBLISHING)
        _mark(engine.services, job_id, reserved=False)
    elif waiting.steps == _STEPS:  # the commitment went, and came again
        engine.rewind(job_id + PUBLISHING, 1)
    else:
        _mark(engine.services, job_id, reserved=commitment is not None)


def _mark(services: Services, job_id: str, *, reserved: bool) -> None:
    with services.store.transaction() as tx:
        tx.unrelayed.mark(job_id, reserved=reserved)


def _committed(services: Services, draft: Draft) -> bytes | None:
    """Hash of the transaction that reserved the priority, of the registration where that came without; None: none yet.

    Raises:
        RefusedError: as `_arrived`.
    """
    title, commitment = _arrived(services, draft)
    if commitment is not None:
        await_block_after(services.client, commitment.block)
        _mark(services, _job_id(), reserved=True)
        return commitment.tx_hash
    if title is None:
        await_chain(services, _job_id(), draft)
        return None
    return title.tx_hash


def _registered(services: Services, draft: Draft) -> bytes | None:
    """Hash of the transaction that made the title; None while there is none.

    Raises:
        RefusedError: as `_arrived`.
    """
    title, _ = _arrived(services, draft)
    if title is None:
        await_chain(services, _job_id(), draft, reserved=True)
        return None
    return title.tx_hash


def _indexed(services: Services, draft: Draft, commitment: bytes, transaction: bytes) -> dict[str, Any] | None:
    """The job's result; None where a reorganisation took the title away: its transaction is likely to come again."""
    try:
        return index_title(services, draft, commitment, transaction)
    except RefusedError as error:
        if error.code != "title-lost":
            raise
        await_chain(services, _job_id(), draft, reserved=True)
        return None


def _job_id() -> str:
    """Of the job whose second workflow runs this step."""
    return str(DBOS.workflow_id).removesuffix(PUBLISHING)


def _arrived(services: Services, draft: Draft) -> tuple[TitleRecord | None, EventRecord | None]:
    """The title as drafted, None while it may still come, and the commitment.

    Raises:
        RefusedError: `work-registered`, somebody else's title that does not give way; `registered-otherwise`;
            `registration-not-sent`, the time is over; `taken-down`.
    """
    registration = draft["registration"]
    require_offered(services, registration.work)
    services.advance()
    committed = _commitment(services, registration)
    with services.store.snapshot() as tx:
        title, commitment = tx.events.title(registration.work), tx.events.committed([committed]).get(committed)
        differing = [] if title is None else _differing(tx, draft, title)
    if title is not None and title.registrant == registration.registrant:
        if differing:
            raise _otherwise(registration.work, differing)
        return title, commitment
    if title is not None and not _may_give_way(services, draft, title, commitment):
        require_unregistered(services, registration.work)
    if services.now() > draft["deadline"]:
        raise _not_sent(draft, commitment)
    return None, commitment


def _may_give_way(services: Services, draft: Draft, title: TitleRecord, commitment: EventRecord | None) -> bool:
    """Whether the drafted registration would take over a title that somebody else has."""
    if title.registrant == draft["registration"].registrant or commitment is None:
        return False
    block = services.client.block(commitment.block_hash)
    earlier = block is not None and block.timestamp < title.final_at - services.contracts.registry.grace()
    return earlier and services.now() < title.final_at


def _differing(tx: UnitOfWork, draft: Draft, title: TitleRecord) -> list[str]:
    """In what a title is not as drafted. What is for sale is not compared: its holder may change that at any time."""
    registration: Registration = draft["registration"]
    work = registration.work
    rooted = [each for each in tx.events.of_work(work) if _is_first_root(each, title)]
    found: dict[str, tuple[object, object]] = {
        "metadata": (title.metadata_digest, registration.metadata),
        "provenance": (title.provenance_digest, registration.provenance),
        "iscc": (title.iscc, registration.iscc),
        "parents": (_sorted(edges_of(work, tx.events.links_of([work]))), _sorted(draft["edges"])),
        "shares": (rooted[-1].args["root"] if rooted else _hex(ZERO_DIGEST), _hex(registration.share_root)),
    }
    return [name for name, (there, drafted) in found.items() if there != drafted]


def _is_first_root(event: EventRecord, title: TitleRecord) -> bool:
    """Whether a registration itself distributed the shares, which their holder may do later as well."""
    return event.name == "SharesRooted" and event.tx_hash == title.tx_hash


def _sorted(edges: Sequence[Edge]) -> list[Edge]:
    return sorted(edges, key=lambda edge: edge.parent)


def _hex(digest: bytes) -> str:
    return "0x" + digest.hex()


def _commitment(services: Services, registration: Registration) -> bytes:
    return services.contracts.registry.commitment(registration.registrant, registration.work, registration.salt)


def _otherwise(work: int, differing: Sequence[str]) -> RefusedError:
    return RefusedError(
        "registered-otherwise",
        f"you have registered this work with other {' and '.join(differing)} than this job drafted",
        "keep the title as it is, or point it at other metadata by the contract WorkRegistry's setMetadata",
        work=work_hex(work),
        differing=list(differing),
    )


def _not_sent(draft: Draft, commitment: EventRecord | None) -> RefusedError:
    registration, missing = draft["registration"], "commitment" if commitment is None else "registration"
    return RefusedError(
        "registration-not-sent",
        f"no {missing} from {registration.registrant} came before {draft['deadline']} (Unix seconds)",
        "submit the file again and send both transactions from that account; a commitment that was made still counts",
        work=work_hex(registration.work),
        account=registration.registrant,
        missing=missing,
        deadline=draft["deadline"],
    )
