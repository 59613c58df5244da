"""Works lose a time that nobody read; the events tell when a title was registered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Drop the column in place: a batch would rebuild the table on SQLite, and take its similarity codes along."""
    op.drop_column("works", "created_at")


def downgrade() -> None:
    """Give it back, without the times."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("works", sa.Column("created_at", whole, nullable=False, server_default="0"))
