"""What was pinned for each work gets a table of its own; works that this service registered are entered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_JSON = "application/json"
_SEALED = "application/octet-stream"


def upgrade() -> None:
    """Create the table, and fill it from the works whose registration was sent from here."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    table = op.create_table(
        "contents",
        sa.Column("sequence", whole, autoincrement=True, nullable=False),
        sa.Column("cid", sa.String(length=100), nullable=False),
        sa.Column("work", sa.LargeBinary(length=32), nullable=False),
        sa.Column("role", sa.String(length=100), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["work"], ["works.id"], name=op.f("fk_contents_work_works"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_contents")),
    )
    op.create_index(op.f("ix_contents_cid"), "contents", ["cid"], unique=False)
    op.create_index(op.f("ix_contents_work"), "contents", ["work"], unique=False)
    op.bulk_insert(table, list(_contents(op.get_bind())))


def downgrade() -> None:
    """Drop it; the works' details tell the same."""
    op.drop_table("contents")


def _contents(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    sent = sa.table("transaction_attempts", sa.column("hash", sa.LargeBinary))
    works = sa.table(
        "works",
        sa.column("sequence", sa.BigInteger),
        sa.column("id", sa.LargeBinary),
        sa.column("metadata_cid", sa.String),
        sa.column("provenance_cid", sa.String),
        sa.column("details", sa.JSON),
        sa.column("tx_hash", sa.LargeBinary),
    )
    query = sa.select(works).where(works.c.tx_hash.in_(sa.select(sent.c.hash))).order_by(works.c.sequence)
    for work in connection.execute(query):
        named = [("metadata", _JSON, work.metadata_cid), ("provenance", _JSON, work.provenance_cid)]
        named += [
            (each["role"], _SEALED if each.get("scheme") else each["mediaType"], each["cid"])
            for each in work.details.get("renditions", [])
        ]
        for role, media_type, cid in named:
            if cid is not None:
                yield {"cid": cid, "work": work.id, "role": role, "media_type": media_type}
