"""Titles tell whether they are disputed, and which series of shares is theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns; titles of before had one series and no dispute."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    with op.batch_alter_table("titles") as titles:
        titles.add_column(sa.Column("series", whole, nullable=False, server_default="0"))
        titles.add_column(sa.Column("disputed", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Take them away."""
    with op.batch_alter_table("titles") as titles:
        titles.drop_column("disputed")
        titles.drop_column("series")
