"""Files of features that were pinned for works registered here are entered among what was pinned for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_ROLE = "features"
_OCTETS = "application/octet-stream"

_contents = sa.table(
    "contents",
    sa.column("sequence", sa.BigInteger),
    sa.column("cid", sa.String),
    sa.column("work", sa.LargeBinary),
    sa.column("role", sa.String),
    sa.column("media_type", sa.String),
)


def upgrade() -> None:
    """Enter what the metadata names, for works that have other files here and no features."""
    op.bulk_insert(_contents, list(_missing(op.get_bind())))


def downgrade() -> None:
    """Leave them: they are pinned, and entering them again changes nothing."""


def _missing(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    works = sa.table(
        "works", sa.column("sequence", sa.BigInteger), sa.column("id", sa.LargeBinary), sa.column("details", sa.JSON)
    )
    ours = sa.select(_contents.c.work).where(_contents.c.role == "metadata")
    entered = sa.select(_contents.c.work).where(_contents.c.role == _ROLE)
    query = sa.select(works).where(works.c.id.in_(ours), works.c.id.not_in(entered)).order_by(works.c.sequence)
    for work in connection.execute(query):
        cid = work.details.get(_ROLE)
        if isinstance(cid, str):
            yield {"cid": cid, "work": work.id, "role": _ROLE, "media_type": _OCTETS}
