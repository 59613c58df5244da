"""What was looked at while watching for copies, and the cases that were opened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create both tables."""
    whole, word = sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.LargeBinary(length=32)
    op.create_table(
        "sightings",
        sa.Column("account", sa.String(length=42), nullable=False),
        sa.Column("place", word, nullable=False),
        sa.Column("stamp", word, nullable=False),
        sa.Column("outcome", sa.String(length=60), nullable=False),
        sa.Column("seen_at", whole, nullable=False),
        sa.PrimaryKeyConstraint("account", "place", name=op.f("pk_sightings")),
    )
    op.create_table(
        "cases",
        sa.Column("sequence", whole, autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=42), nullable=False),
        sa.Column("work", word, nullable=False),
        sa.Column("found", word, nullable=False),
        sa.Column("where", sa.Text(), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("evidence", sa.String(length=100), nullable=False),
        sa.Column("exhibit", sa.String(length=100), nullable=True),
        sa.Column("opened_at", whole, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_cases")),
        sa.UniqueConstraint("account", "work", "found", name=op.f("uq_cases_account_work_found")),
    )


def downgrade() -> None:
    """Drop them; the evidence stays pinned, but nobody here knows its CIDs any more."""
    op.drop_table("cases")
    op.drop_table("sightings")
