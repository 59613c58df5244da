"""`colophon training-set`: a training manifest as a work whose shares belong to those that a model was taught by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from offchain.cli.keys import Key
from offchain.cli.opening import Signed, finish, job_session, signing_session
from offchain.cli.options import Account, AsJson, DryRun, Keystore, OptionalCurrency, PasswordFile
from offchain.cli.output import aligned, moment, progress, show
from offchain.cli.registering import estimate, listing_of
from offchain.money import UNITS

if TYPE_CHECKING:
    from offchain.generation.attribution.training_set import TrainingSet
    from offchain.workflows.requests import RegistrationRequest
    from offchain.workflows.training_sets import Activation

__all__ = ["training_sets"]

training_sets = typer.Typer(help="Pay those whose works a model was taught with.", rich_markup_mode=None)

Manifest: TypeAlias = Annotated[
    Path, typer.Argument(help="Training manifest, such as the training.json beside a model's weights.")
]


@training_sets.command("register")
def register(
    manifest: Manifest,
    listing: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TIER=PRICE[xCOUNT]", help="Sell at this price; works by the model need adaptation. Repeatable."
        ),
    ] = None,
    currency: OptionalCurrency = None,
    dry_run: DryRun = False,
    account: Account = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Register a training set in your name, its royalty shares to the authors of its works.

    Each work counts the same; works without an account take no share. You receive the title, which sets prices, and no
    shares. The shares become their holders' once the title is final: at once where there is nothing to wait for, else
    by colophon training-set activate.
    """
    from offchain.generation.attribution.training_set import training_set
    from offchain.generation.training.manifest import read_manifest
    from offchain.workflows.training_sets import activate_shares, start_training_set

    made, key = training_set(read_manifest(manifest)), Key(account, keystore, password_file)
    if dry_run:
        with signing_session(key) as session:
            cost = _cost(session, made, _asked(session, made, listing, currency))
        document = _document(made) | cost
        rows = [("gas", f"{cost['gas']}, paid by {cost['payer']}; each holder's activation comes on top")]
        show(document, aligned([*_rows(made), *rows]), as_json=as_json)
        return
    with job_session(key) as (session, engine):
        job = start_training_set(engine, made, _asked(session, made, listing, currency))
        result = finish(session, engine, job, manifest.name)
        final = result["final_at"] <= session.services.now()
        active = activate_shares(session.services, made, session.signer) if final else []
    document = _document(made) | {"registered": result, "activated": _activated(active)}
    then = [] if final else [("next", f"colophon training-set activate {manifest}, from {moment(result['final_at'])}")]
    show(document, aligned([*_rows(made), ("transaction", result["transaction"]), *then]), as_json=as_json)


@training_sets.command("activate")
def activate(
    manifest: Manifest,
    account: Account = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Turn the shares of a registered training set into units of their holders; anybody may, and pays the gas.

    Doing it again does nothing.
    """
    from offchain.generation.attribution.training_set import training_set
    from offchain.generation.training.manifest import read_manifest
    from offchain.workflows.training_sets import activate_shares

    made = training_set(read_manifest(manifest))
    with signing_session(Key(account, keystore, password_file)) as session, progress("activating") as report:
        report(0.0, f"{len(made.holders)} holders")
        active = activate_shares(session.services, made, session.signer)
    show(_document(made) | {"activated": _activated(active)}, aligned(_rows(made)), as_json=as_json)


def _asked(
    session: Signed, made: TrainingSet, listings: Sequence[str] | None, currency: str | None
) -> RegistrationRequest:
    from offchain.workflows.training_sets import request_for

    paid = session.services.currency(currency)
    return request_for(made, session.signer.address, [listing_of(text, paid) for text in listings or ()], currency)


def _cost(session: Signed, made: TrainingSet, request: RegistrationRequest) -> dict[str, Any]:
    with session.services.vault.scratch() as master:
        master.write_bytes(made.master)
        told = estimate(session, master, request)
    return {name: told[name] for name in ("gas", "fee", "payer")}


def _document(made: TrainingSet) -> dict[str, Any]:
    return {
        "work": made.work,
        "title": made.title,
        "rule": made.rule,
        "constraints": made.constraints.document(),
        "shares": [{"account": each.account, "units": each.units, "works": each.works} for each in made.holders],
    }


def _activated(active: Sequence[Activation]) -> list[dict[str, Any]]:
    return [{"account": each.account, "units": each.units, "transaction": each.transaction} for each in active]


def _rows(made: TrainingSet) -> list[tuple[str, str]]:
    shares = "\n".join(f"{each.account}  {each.units / UNITS:.4%}  {each.works} works" for each in made.holders)
    return [("training set", made.title), ("work", made.work), ("rule", made.rule), ("shares", shares)]
