"""`colophon backup` and `colophon restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from offchain.cli.options import AsJson
from offchain.cli.output import moment, progress, show
from offchain.errors import NotFoundError, RefusedError

if TYPE_CHECKING:
    from offchain.chain.client import Client
    from offchain.config import Settings

__all__ = ["backup", "restore"]


def backup(
    file: Annotated[Path, typer.Argument(help="File to make; it must not be there yet.")],
    with_keys: Annotated[
        str | None,
        typer.Option("--with-keys", metavar="AGE1…", help="Put the home's keys in, encrypted to this age recipient."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write everything that a service keeps to a file.

    Store, journal, masters and drafts go into one file, while the service runs.

    The keys of the home (content.key and others) are left out unless --with-keys asks for them; without content.key no
    sealed work opens, so keep it elsewhere. Keys that settings name are never in it. What is pinned lies with the IPFS
    nodes.
    """
    from offchain.chain.client import connect
    from offchain.chain.deployments import load_deployment
    from offchain.config import load_settings
    from offchain.workflows.backups import backup as make

    settings = load_settings()
    client = connect(settings.rpc_url)
    deployment = load_deployment(client.chain_id, settings.deployment, settings.home)
    with progress("backup") as report:
        made = make(settings, deployment, file, recipient=with_keys, report=report)
    document: dict[str, Any] = {
        "file": str(made.path),
        "bytes": made.size,
        "rows": made.rows,
        "jobs": made.jobs,
        "files": made.files,
        "keys": list(made.keys),
        "keys_left_out": list(made.left),
    }
    lines = [
        f"{made.path}: {made.size} bytes",
        f"{sum(made.rows.values())} rows, {made.jobs} jobs, {made.files} files, {len(made.keys)} keys",
    ]
    if made.left:
        lines.append(f"not in it: {', '.join(made.left)}; keep them elsewhere, or use --with-keys")
    show(document, lines, as_json=as_json)


def restore(
    file: Annotated[Path, typer.Argument(help="File that colophon backup made.")],
    identity: Annotated[
        Path | None, typer.Option("--identity", help="age identity that opens the backup's keys.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take a backup back into an empty service.

    COLOPHON_HOME and COLOPHON_DATABASE_URL must be empty; then the chain is read.

    Every byte is compared with the backup's own hashes first. Start the service afterwards: unfinished jobs go on.
    """
    from offchain.chain.client import connect
    from offchain.config import load_settings
    from offchain.storage.age import read_identity
    from offchain.workflows.backups import restore as take_back
    from offchain.workflows.services import open_services

    settings = load_settings()
    client = connect(settings.rpc_url)
    secret = None if identity is None else read_identity(identity)
    with progress("restore") as report:
        done = take_back(
            settings, file, lambda manifest: _require_same(settings, client, manifest), identity=secret, report=report
        )
        report(0.95, "reading the chain")
        with open_services(settings) as services:
            services.advance()
            head = services.indexer.standing().block
    document: dict[str, Any] = {
        "made_at": done.made_at,
        "rows": done.rows,
        "jobs": done.jobs,
        "files": done.files,
        "keys": list(done.keys),
        "keys_locked": list(done.locked),
        "block": head,
    }
    lines = [
        f"as of {moment(done.made_at)}: {sum(done.rows.values())} rows, {done.jobs} jobs, {done.files} files",
        f"the chain is read up to block {head}",
    ]
    if done.locked:
        lines.append(f"still encrypted: {', '.join(done.locked)}; restore again with --identity to have them")
    show(document, lines, as_json=as_json)


def _require_same(settings: Settings, client: Client, manifest: dict[str, Any]) -> None:
    """A backup belongs to the contracts whose events it holds.

    Raises:
        RefusedError: `backup-elsewhere`.
    """
    from offchain.chain.deployments import load_deployment
    from offchain.workflows.backups.contents import deployment_json

    same = manifest["chain_id"] == client.chain_id
    try:
        deployment = load_deployment(client.chain_id, settings.deployment, settings.home)
        same = same and manifest["contracts"] == deployment_json(deployment)
    except NotFoundError:  # it comes with the backup, and its code is compared when the services open
        pass
    if not same:
        raise RefusedError(
            "backup-elsewhere",
            f"the backup is of chain {manifest['chain_id']}, or of other contracts there",
            "set COLOPHON_RPC_URL and COLOPHON_DEPLOYMENT to those it was made of",
            found=client.chain_id,
        )
