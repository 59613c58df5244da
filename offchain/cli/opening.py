"""What a command works with: settings, nodes, store, keys, and the engine where a job is to run."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from offchain.cli.keys import Key, pricing_signer, require_signer, signer_of
from offchain.cli.output import Report, progress
from offchain.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from offchain.chain.signer import Signer
    from offchain.workflows.engine import Engine
    from offchain.workflows.jobs import Job
    from offchain.workflows.services import Services

__all__ = ["Signed", "finish", "job_session", "quiet_logs", "reading_session", "signing_session", "work_of"]


_NAME_DIGITS: Final = 8
_CHAIN_SECONDS: Final = 600.0
_LOOK_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Signed:
    """Services and the user's own key, which also pays the gas."""

    services: Services
    signer: Signer


@contextmanager
def reading_session(key: Key | None = None) -> Iterator[Services]:
    """Services, indexed up to the head of the chain; the key, if any, signs quotes where no other does."""
    with _opened(key or Key(), required=False) as (services, _):
        yield services


@contextmanager
def signing_session(key: Key) -> Iterator[Signed]:
    """Services whose relayer is the user.

    Raises:
        InputError: `key-missing`.
    """
    with _opened(key, required=True) as (services, signer):
        assert signer is not None  # noqa: S101 - `required` asked for it
        yield Signed(services, signer)


@contextmanager
def job_session(key: Key) -> Iterator[tuple[Signed, Engine]]:
    """As `signing_session`, with an engine whose journal belongs to the user's account.

    Raises:
        UnavailableError: `workflows-busy`, another command of the same account runs a job.
    """
    from offchain.workflows.opening import open_engine

    with signing_session(key) as session:
        name = f"cli-{_chain_name(session.services)}-{session.signer.address}"
        with open_engine(session.services, name=name) as engine:
            yield session, engine


def finish(session: Signed, engine: Engine, job: Job, title: str) -> dict[str, Any]:
    """Wait for a job, sign what it asks to be signed, and return its result.

    Raises:
        ColophonError: why it failed.
    """
    from offchain.workflows.jobs import finished
    from offchain.workflows.registration import submit_signature

    with progress(title) as report:
        ended = job if job.calls else engine.wait(job.id, lambda now: _tell(now, report))
        if ended.calls:
            ended = _sent(session, engine, ended, report)
        if ended.typed is not None:
            submit_signature(engine, job.id, session.signer.sign_typed(ended.typed))
            ended = engine.wait(job.id, lambda now: _tell(now, report))
    if ended.error is not None:
        # The owner needs the job's name to look at it later.
        told, remedy = ended.error, ended.error.remedy
        if told.code == "transaction-pending":  # the same command again may begin another job, with a new quote
            remedy = f"go on with colophon jobs {job.id} --retry"
        raise type(told)(told.code, told.message, remedy, **{**told.facts, "job": job.id})
    return finished(ended)


def _sent(session: Signed, engine: Engine, job: Job, report: Report) -> Job:
    """Send what a job awaits of its owner's wallet, and follow the chain until the job has ended.

    Raises:
        ColophonError: as of the sender.
        UnavailableError: `job-slow`, the chain does not show what was sent; the same command goes on.
    """
    from offchain.workflows.unrelayed import awaited_call, follow

    sent, deadline = set[str](), time.monotonic() + _CHAIN_SECONDS
    while job.state in ("awaiting-signature", "running"):
        session.services.advance()
        follow(engine)
        job = engine.job(job.id)
        _tell(job, report)
        call = awaited_call(engine, job)
        if call is not None and call.step not in sent:
            session.services.sender.send(call.call, session.signer)
            sent.add(call.step)
        if time.monotonic() > deadline:
            raise UnavailableError(
                "job-slow", "the chain does not show what was sent", "run the same command again", job=job.id
            )
        time.sleep(_LOOK_SECONDS)
    return job


def work_of(text: str) -> int:
    """A work by its id (`0x` and 64 hex digits) or by its master, a file.

    Raises:
        InputError: `work-malformed`, or `file-unreadable`.
    """
    from offchain.identity import work_id

    digits = text.removeprefix("0x")
    if text != digits and len(digits) == 64 and all(digit in "0123456789abcdefABCDEF" for digit in digits):
        return int(digits, 16)
    if Path(text).is_file():
        with Path(text).open("rb") as master:
            return work_id(master)
    raise InputError(
        "work-malformed", f"{text!r} is neither a work's id nor a file", "write 0x and 64 hex digits, or name its file"
    )


@contextmanager
def _opened(key: Key, *, required: bool) -> Iterator[tuple[Services, Signer | None]]:
    from offchain.chain.client import connect
    from offchain.chain.sender import Relayers
    from offchain.config import load_settings
    from offchain.workflows.services import open_services

    quiet_logs()
    settings = load_settings()
    chain_id = connect(settings.rpc_url).chain_id
    signer = require_signer(key, chain_id) if required else signer_of(key, chain_id)
    pricing = pricing_signer(settings, chain_id, signer)
    relayer = None if signer is None else Relayers([signer])
    with open_services(settings, relayer=relayer, pricing=pricing) as services:
        services.advance()
        yield services, signer


def _chain_name(services: Services) -> str:
    """The beginning of the first block's hash: a local chain that was started anew must not find the old one's jobs."""
    genesis = services.client.block(0)
    return "empty" if genesis is None else genesis.hash.hex()[:_NAME_DIGITS]


def quiet_logs() -> None:
    """Standard output belongs to the result; what the rooms log is for services."""
    import structlog

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _tell(job: Job, report: Report) -> None:
    doing = next((step.name for step in job.steps if step.state == "running"), job.state)
    report(job.progress, doing)
