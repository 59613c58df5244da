"""`colophon register`: from files to titles, each by commitment and on the user's own signature."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer

from offchain.cli.keys import Key
from offchain.cli.opening import Signed, finish, job_session, signing_session
from offchain.cli.options import Account, AsJson, DryRun, Keystore, OptionalCurrency, PasswordFile
from offchain.cli.output import aligned, fail, moment, problem, show
from offchain.errors import ColophonError, InputError, UnavailableError
from offchain.money import UNITS, format_amount, parse_amount

if TYPE_CHECKING:
    from offchain.chain import Currency
    from offchain.workflows.requests import RegistrationRequest, TierListing, TierMandate

__all__ = ["estimate", "listing_of", "register"]

_UNSUPPORTED: Final = "media-unsupported"
_NOT_CHANGED: Final = (
    "the terms of sale were not changed: this command sets them at registration only; "
    "the holder changes them by the contract OfferBook's setBounds and list"
)

_Found: TypeAlias = list[tuple[Path, bool]]
"""Masters, and whether each was named itself and not found in a folder."""


def register(
    files: Annotated[list[Path], typer.Argument(help="Masters, and folders of them.")],
    title: Annotated[str | None, typer.Option(help="Title; the file's name by default. One file only.")] = None,
    description: Annotated[str, typer.Option(help="Free text.")] = "",
    creator: Annotated[str, typer.Option(help="Name of the creator; your statement, nobody checks it.")] = "",
    tier: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TIER[=LOW..HIGH]",
            help="Let the pricing key sell this tier for a year, within the range or the tier's own. Repeatable.",
        ),
    ] = None,
    listing: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TIER=PRICE[xCOUNT]", help="Sell this tier at a fixed price, to COUNT buyers at most. Repeatable."
        ),
    ] = None,
    permit: Annotated[
        list[int] | None, typer.Option(metavar="LICENCE", help="Licence that allows this derivative. Repeatable.")
    ] = None,
    provenance: Annotated[Path | None, typer.Option(help="Record of how the work came to be. One file only.")] = None,
    source_type: Annotated[
        str, typer.Option(help="How it was made, IPTC digital source type; generated works say it themselves.")
    ] = "digitalCreation",
    acknowledge_similar: Annotated[
        bool, typer.Option("--acknowledge-similar", help="Register although it resembles a registered work.")
    ] = False,
    currency: OptionalCurrency = None,
    dry_run: DryRun = False,
    account: Account = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> int:
    """Register works in your name.

    You sign, and you receive the title and all royalty shares of each. Run the same command again to continue where an
    interrupted one stopped; what is registered stays as it is. In folders, files of unsupported media are passed over.
    Registration proves priority and integrity, not authorship.
    """
    found = _masters(files)
    if len(found) != 1 and (title is not None or provenance is not None):
        raise InputError("one-file-only", "--title and --provenance go with one file", "register the files one by one")
    from offchain.identity.marks.statement import source_type as known_source

    key, source = Key(account, keystore, password_file), known_source(source_type)

    def asked(session: Signed) -> RegistrationRequest:
        from offchain.workflows.requests import RegistrationRequest

        paid = session.services.currency(currency)
        request = RegistrationRequest(
            registrant=session.signer.address,
            title=title or "",
            description=description,
            creator=creator,
            tiers=tuple(_mandate(text, paid) for text in tier or ()),
            listings=tuple(listing_of(text, paid) for text in listing or ()),
            permits=tuple(permit or ()),
            provenance=None if provenance is None else _record(provenance),
            acknowledge_similar=acknowledge_similar,
            currency=currency,
            source_type=source,
        )
        for named in [each.tier for each in request.tiers] + [each.tier for each in request.listings]:
            session.services.terms_number(named)
        return _from_own_wallet(session, request)

    items = _estimated(key, asked, found) if dry_run else _registered(key, asked, found)
    return _report(items, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Item:
    """What became of one file; `state` is registered, yours, estimated, passed-over or failed."""

    file: Path
    state: str
    document: Mapping[str, Any]
    error: ColophonError | None = None


def _masters(files: Sequence[Path]) -> _Found:
    found: _Found = []
    for file in files:
        if file.is_dir():
            inside = sorted(file.rglob("*"))
            shown = [path for path in inside if not any(part.startswith(".") for part in path.relative_to(file).parts)]
            found += [(path, False) for path in shown if path.is_file()]
        else:
            found.append((file, True))
    if not found:
        raise InputError("no-files", "there is no file in these folders", "name files, or folders that hold some")
    return found


def _from_own_wallet(session: Signed, request: RegistrationRequest) -> RegistrationRequest:
    """Where parents are paid coins in advance, the account's transactions carry them; a relayed message cannot."""
    from offchain.workflows.permits import owes_coins

    return replace(request, relay=not owes_coins(session.services, request.permits))


def _registered(key: Key, asked: Callable[[Signed], RegistrationRequest], found: _Found) -> list[_Item]:
    from offchain.workflows.registration import start_registration

    with job_session(key) as (session, engine):
        request = asked(session)

        def one(path: Path) -> _Item:
            titled = replace(request, title=request.title or path.stem)
            job = start_registration(engine, path, titled)
            return _Item(path, "registered", finish(session, engine, job, path.name))

        return _each(found, request, one)


def _estimated(key: Key, asked: Callable[[Signed], RegistrationRequest], found: _Found) -> list[_Item]:
    with signing_session(key) as session:
        request = asked(session)

        def one(path: Path) -> _Item:
            titled = replace(request, title=request.title or path.stem)
            return _Item(path, "estimated", estimate(session, path, titled))

        return _each(found, request, one)


def _each(found: _Found, request: RegistrationRequest, one: Callable[[Path], _Item]) -> list[_Item]:
    """Go through the files; one that fails does not stop the next, unless it is alone or a node is away."""
    items = []
    for path, named in found:
        try:
            items.append(one(path))
        except ColophonError as error:
            if error.code == "work-registered" and error.facts.get("holder") == request.registrant:
                note = {"note": _NOT_CHANGED} if request.tiers or request.listings else {}
                items.append(_Item(path, "yours", {**error.facts, **note}))
            elif error.code == _UNSUPPORTED and not named:
                items.append(_Item(path, "passed-over", {}, error))
            elif len(found) == 1 or isinstance(error, UnavailableError):
                raise
            else:
                items.append(_Item(path, "failed", {}, error))
    return items


def estimate(session: Signed, path: Path, request: RegistrationRequest) -> dict[str, Any]:
    """What registering would cost: the commitment, and a registration at once, whose gas is that of the later one."""
    from offchain.chain import ZERO_DIGEST, work_hex
    from offchain.identity import examine
    from offchain.workflows.guards import require_acceptable
    from offchain.workflows.metadata import Metadata
    from offchain.workflows.originality import require_original
    from offchain.workflows.permits import native_guarantees
    from offchain.workflows.preparing import Filed, draft

    services, account = session.services, session.signer.address
    limit = services.settings.max_upload
    examined = examine(path, title=request.title, limit=limit, wanted=("probe",))
    identity = examined.identity
    parents = {edge.parent for edge in require_acceptable(services, identity, request)}
    require_original(services, examined.probe, request, parents)
    metadata = Metadata(
        title=request.title,
        description=request.description,
        creator=request.creator,
        media_type=identity.media_type,
        size=identity.size,
        iscc=identity.iscc,
        units=identity.units,
        content_code=identity.content_code,
        renditions=(),
        provenance=None,
    )
    # The digest of the pinned metadata is not known yet; any digest costs the same gas.
    digest = identity.work_id.to_bytes(32, "big")
    # Without a commitment only an at-once registration can be tried, and that has no salt.
    drafted = draft(services, Filed(identity, request), (metadata, digest, ""), None, ZERO_DIGEST)
    registry = services.contracts.registry
    coins = native_guarantees(services, drafted.get("edges", ()))
    calls = (registry.commit(digest), registry.register(drafted["registration"], coins))
    costs = [services.sender.dry_run(call, account) for call in calls]
    return {
        "work": work_hex(identity.work_id),
        "title": request.title,
        "gas": sum(cost.gas for cost in costs),
        "fee": str(sum(cost.fee for cost in costs)),
        "payer": account,
        "advance": str(coins),
        "receives": [{"account": account, "title": True, "units": UNITS}],
    }


def _mandate(text: str, currency: Currency) -> TierMandate:
    from offchain.workflows.requests import TierMandate

    tier, _, limits = text.partition("=")
    low, dots, high = limits.partition("..")
    if limits and not (dots and low and high):
        raise InputError("tier-malformed", f"{text!r} is not a tier with a range", "write it as personal=2.00..50.00")
    if not limits:
        return TierMandate(tier)
    least, most = (parse_amount(amount, currency.decimals) for amount in (low, high))
    if least > most:
        raise InputError("tier-malformed", f"{text!r} begins above its end", "write the lower price first")
    return TierMandate(tier, least, most)


def listing_of(text: str, currency: Currency) -> TierListing:
    """A fixed price by its text, such as `personal=5.00x100`.

    Raises:
        InputError: `listing-malformed`, or an amount that is none.
    """
    from offchain.workflows.requests import TierListing

    tier, equals, told = text.partition("=")
    price, limited, count = told.partition("x")
    if not equals or (limited and not (count.isascii() and count.isdecimal() and int(count))):
        raise InputError(
            "listing-malformed",
            f"{text!r} is not a tier with a price",
            "write it as personal=5.00 or personal=5.00x100",
        )
    return TierListing(tier, parse_amount(price, currency.decimals), int(count or 0))


def _record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("provenance-malformed", f"{path} is not a readable record", "name a JSON file") from error
    if not isinstance(record, dict):
        raise InputError(
            "provenance-malformed", f"{path} holds no record", "name a record that colophon generate wrote"
        )
    return record


def _report(items: Sequence[_Item], *, as_json: bool) -> int:
    """Print what became of the files; the exit status."""
    documents = [
        {"file": str(item.file), "state": item.state}
        | dict(item.document)
        | ({} if item.error is None else {"error": problem(item.error)})
        for item in items
    ]
    failed = [(item.file, item.error) for item in items if item.state == "failed" and item.error is not None]
    done = [item for item in items if item.state != "failed"]
    show({"items": documents}, [line for item in done for line in _lines(item)], as_json=as_json)
    for file, error in [] if as_json else failed:
        print(f"not registered  {file}", file=sys.stderr)
        fail(error, as_json=False)
    return failed[0][1].exit_code if failed else 0


def _lines(item: _Item) -> Iterator[str]:
    told = {
        "registered": "registered",
        "yours": "already yours",
        "estimated": "would register",
        "passed-over": "passed over",
    }
    yield f"{told[item.state]}  {item.file}"
    for line in aligned(_rows(item)):
        yield f"  {line}"


def _rows(item: _Item) -> list[tuple[str, str]]:
    document = item.document
    if item.error is not None:
        return [("why", f"{item.error.message} ({item.error.code})")]
    if item.state == "estimated":
        fee = format_amount(int(document["fee"]), 18)
        return [
            ("work", document["work"]),
            ("gas", f"{document['gas']}, at most {fee} ETH, paid by {document['payer']}"),
            *([("advance", f"{document['advance']} wei to the parents")] if int(document["advance"]) else []),
            ("receives", f"{document['payer']}: the title and all royalty shares"),
        ]
    names = ("work", "holder", "iscc", "metadata", "provenance", "transaction", "note")
    rows = [(name, str(document[name])) for name in names if document.get(name) is not None]
    times = [(name, document.get(key)) for name, key in (("since", "since"), ("can be sold from", "final_at"))]
    return rows + [(name, moment(at)) for name, at in times if at is not None]
