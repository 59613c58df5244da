"""`colophon epochs`: price all works anew, and see which epochs there were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from offchain.cli.keys import Key
from offchain.cli.opening import reading_session
from offchain.cli.options import Account, AsJson, Keystore, OptionalCurrency, PasswordFile
from offchain.cli.output import aligned, decimal, moment, money, show

if TYPE_CHECKING:
    from offchain.chain import Currency
    from offchain.store import PriceEpochRecord
    from offchain.workflows.epochs import EpochDraft

__all__ = ["epochs"]

epochs = typer.Typer(help="Epochs of prices, on which every quote rests: make, list.", no_args_is_help=True)

_PAGE = 20


@epochs.command("make")
def make(
    currency: OptionalCurrency = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Solve and tell, keep nothing.")] = False,
    account: Account = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Price every work that the pricing key may sell, all at once.

    COLOPHON_PRICING_RULES names a file (docs/schemas/pricing-rules.json) of what holds for all of them together: by how
    much a price may change from one epoch to the next, what a holder should earn at least, what must stay affordable,
    how many licences may be sold. From then on quotes are made under this epoch. Nothing is kept unless it is proven.
    """
    from offchain.workflows.epochs import draft_epoch, keep_epoch

    with reading_session(Key(account, keystore, password_file)) as services:
        draft = draft_epoch(services, currency)
        number = None if dry_run else keep_epoch(services, draft)
    show(_draft_json(draft, number), aligned(_draft_rows(draft, number)), as_json=as_json)


@epochs.command("list")
def list_epochs(as_json: AsJson = False) -> None:
    """Show the newest epochs."""
    with reading_session() as services:
        with services.store.snapshot() as tx:
            found = list(tx.epochs.page(_PAGE))
        known = [(epoch, services.currency_at(epoch.currency)) for epoch in found]
    document = {"items": [_record_json(epoch, paid) for epoch, paid in known]}
    lines = (
        f"{epoch.number}  {moment(epoch.made_at)}  expects {money(epoch.revenue, paid)} a year" for epoch, paid in known
    )
    show(document, lines if known else ["no epoch yet: every work is priced by itself"], as_json=as_json)


def _record_json(epoch: PriceEpochRecord, currency: Currency) -> dict[str, Any]:
    return {
        "epoch": epoch.number,
        "currency": currency.caip19,
        "model_hash": "0x" + epoch.model_hash.hex(),
        "duals_hash": "0x" + epoch.duals_hash.hex(),
        "expected_revenue": str(epoch.revenue),
        "terms": epoch.terms,
        "made_at": epoch.made_at,
    }


def _draft_json(draft: EpochDraft, number: int | None) -> dict[str, Any]:
    from offchain.pricing.epochs import terms_to_json

    epoch = draft.epoch
    return {
        "epoch": number,
        "currency": draft.currency.caip19,
        "model_hash": epoch.model_hash,
        "duals_hash": epoch.terms.duals_hash,
        "expected_revenue": str(epoch.expected_revenue),
        "terms": terms_to_json(epoch.terms),
        "works": len(epoch.entries),
        "solved": epoch.solved,
        "eased": list(epoch.eased),
        "left_out": [{"work": work, "code": code} for work, code in draft.left_out],
        "prices": [
            {**key._asdict(), "amount": str(amount)}
            for entry in epoch.entries.values()
            for key, amount in entry.amounts.items()
        ],
    }


def _draft_rows(draft: EpochDraft, number: int | None) -> list[tuple[str, str]]:
    epoch, decimals = draft.epoch, draft.currency.decimals
    rows = [
        ("epoch", "not kept" if number is None else str(number)),
        ("works", f"{len(epoch.entries)} priced, {epoch.solved} of them solved, the others as before"),
        ("expects", f"{money(epoch.expected_revenue, draft.currency)} a year, net of what is owed upstream"),
    ]
    if epoch.eased:
        rows.append(("eased", "bounds left no price near the last one:\n" + "\n".join(epoch.eased)))
    if draft.left_out:
        rows.append(("left out", "\n".join(f"{work}: {code}" for work, code in draft.left_out)))
    rows += [
        (f"{key.tier}, {key.segment}", f"{decimal(amount, decimals)} {draft.currency.symbol}  {key.work}")
        for entry in epoch.entries.values()
        for key, amount in entry.amounts.items()
    ]
    return rows
