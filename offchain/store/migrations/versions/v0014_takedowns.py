"""Takedowns: notices about works, and what happened about each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "takedowns",
        sa.Column("sequence", _WHOLE, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("work", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", _WHOLE, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_takedowns")),
        sa.UniqueConstraint("id", name=op.f("uq_takedowns_id")),
    )
    op.create_index(op.f("ix_takedowns_work"), "takedowns", ["work"])
    op.create_table(
        "takedown_acts",
        sa.Column("sequence", _WHOLE, autoincrement=True, nullable=False),
        sa.Column("takedown", _WHOLE, nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=42), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", _WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["takedown"], ["takedowns.sequence"], name=op.f("fk_takedown_acts_takedown_takedowns")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_takedown_acts")),
    )
    op.create_index(op.f("ix_takedown_acts_takedown"), "takedown_acts", ["takedown"])


def downgrade() -> None:
    """Drop them: whatever was taken down is offered again."""
    op.drop_table("takedown_acts")
    op.drop_table("takedowns")
