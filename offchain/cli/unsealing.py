"""`colophon seal`, `open` and `keys`: content for licensees alone, and the keys of one's own service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from offchain.cli.keys import Key
from offchain.cli.opening import Signed, reading_session, signing_session, work_of
from offchain.cli.options import Account, AsJson, Keystore, PasswordFile
from offchain.cli.output import aligned, moment, progress, show

if TYPE_CHECKING:
    from offchain.chain.key_request import KeyRequest
    from offchain.store import KeyReleaseRecord
    from offchain.workflows.metadata import Rendition

__all__ = ["keys", "open_work", "seal"]

_IDENTITY: Final = "age-identity.txt"

keys = typer.Typer(help="Content keys of the works that are sealed here.", rich_markup_mode=None)


def open_work(
    target: Annotated[str, typer.Argument(help="Number of your licence; or your own work: its id.")],
    out: Annotated[Path, typer.Option("--out", help="Where the master shall lie; a new file.")],
    service: Annotated[
        str | None, typer.Option(metavar="URL", help="Service that has the key; this machine's store by default.")
    ] = None,
    identity: Annotated[
        Path | None,
        typer.Option(help="Your age identity (age-keygen); made under COLOPHON_HOME when you have none."),
    ] = None,
    account: Account = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Open the content of a work that you may use.

    You sign a request for its content key; it comes wrapped to your age identity, to the holder of a live licence only.
    The sealed content is fetched from IPFS and decrypted, and is yours when its sha256 is the work's id.
    """
    from offchain.chain import work_hex
    from offchain.storage.age import keep_identity, recipient_of, unwrap_key
    from offchain.workflows.releasing import draft_key_request
    from offchain.workflows.unsealing import open_content

    by_licence = target.isascii() and target.isdecimal()
    with signing_session(Key(account, keystore, password_file)) as session:
        services, signer = session.services, session.signer
        secret = keep_identity(identity or services.settings.home / _IDENTITY)
        named: dict[str, Any] = {"licence": int(target)} if by_licence else {"work": work_of(target)}
        request = draft_key_request(services, signer.address, recipient_of(secret), **named)
        wrapped, rendition = _released(session, request, service)
        with progress(f"opening {out.name}") as report:
            size = open_content(
                services,
                request.work,
                rendition,
                unwrap_key(wrapped, secret),
                out,
                lambda done: report(min(1.0, done / max(1, rendition.size)), "decrypting"),
            )
    document = {
        "work": work_hex(request.work),
        "licence": str(request.licence),
        "file": str(out),
        "size": size,
        "media_type": rendition.media_type,
    }
    rows = [(name, str(value)) for name, value in document.items() if (name, value) != ("licence", "0")]
    show(document, aligned(rows), as_json=as_json)


def seal(
    work: Annotated[str, typer.Argument(help="Id of a work that was registered here, or its file.")],
    as_json: AsJson = False,
) -> None:
    """Seal a work that is offered only now.

    Its licensees can open it from then on. Works that are registered with a tier or a listing are sealed then. This
    seals the master that this machine keeps, pins it, and keeps its content key in the store. Doing it again changes
    nothing.
    """
    from offchain.chain import work_hex
    from offchain.workflows.late_sealing import seal_registered

    with reading_session() as services:
        number = work_of(work)
        rendition = seal_registered(services, number)
    document = {"work": work_hex(number), "sealed": rendition.cid, "size": rendition.size, "sha256": rendition.sha256}
    show(document, aligned((name, str(value)) for name, value in document.items()), as_json=as_json)


@keys.command("log")
def log(
    work: Annotated[str, typer.Argument(help="Id of a work that is sealed here, or its file.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most releases to show.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Tell to whom the content key of a work was released, newest first."""
    from offchain.chain import work_hex
    from offchain.workflows.releasing import key_releases

    with reading_session() as services:
        number = work_of(work)
        found = key_releases(services, number, limit)
    document = {"work": work_hex(number), "releases": list(map(_release_json, found))}
    lines = [f"{moment(each.released_at)}  {_by(each)}  {each.account}  block {each.block}" for each in found]
    show(document, lines or ["the key was never released"], as_json=as_json)


@keys.command("rewrap")
def rewrap(
    new: Annotated[Path, typer.Argument(help="File with the new key, 32 bytes in hex; made when there is none.")],
    as_json: AsJson = False,
) -> None:
    """Keep every content key under another key from now on.

    All or none. Afterwards set COLOPHON_CONTENT_KEY_FILE to the new file and start the service again; keep the old key
    as long as you keep backups of the database from before.
    """
    from offchain.storage.master_key import keep_master_key
    from offchain.workflows.rewrapping import rewrap_keys
    from offchain.workflows.sealing import require_master_key

    with reading_session() as services:
        master = keep_master_key(new)
        count = rewrap_keys(services.store, require_master_key(services), master)
    document = {"rewrapped": count, "key": master.id, "file": str(new)}
    rows = [
        ("rewrapped", f"{count} content keys and secrets of webhooks"),
        ("next", f"set COLOPHON_CONTENT_KEY_FILE={new} and start again"),
    ]
    show(document, aligned(rows), as_json=as_json)


def _released(session: Signed, request: KeyRequest, service: str | None) -> tuple[str, Rendition]:
    """The wrapped key, and what it opens."""
    from offchain.workflows.releasing import release_key, request_typed

    typed = request_typed(session.services, request)
    signature = session.signer.sign_typed(typed)
    if service is None:
        release = release_key(session.services, request, signature)
        return release.key, release.rendition
    from offchain.api.schemas.keys import KeyOut
    from offchain.cli.service import post
    from offchain.workflows.metadata import Rendition

    answer = post(service, "/v1/keys", {"request": typed["message"], "signature": "0x" + signature.hex()}, KeyOut)
    return answer.key, Rendition(**answer.rendition.model_dump())


def _by(release: KeyReleaseRecord) -> str:
    return f"licence {release.licence}" if release.licence else "title"


def _release_json(release: KeyReleaseRecord) -> dict[str, Any]:
    return {
        "account": release.account,
        "licence": str(release.licence),
        "recipient": release.recipient,
        "block": release.block,
        "released_at": release.released_at,
    }
