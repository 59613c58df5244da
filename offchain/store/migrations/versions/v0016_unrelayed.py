"""Registrations whose registrants send the transactions themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Create the table."""
    whole, word = sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.LargeBinary(length=32)
    op.create_table(
        "unrelayed_registrations",
        sa.Column("job", sa.String(length=100), nullable=False),
        sa.Column("work", word, nullable=False),
        sa.Column("commitment", word, nullable=False),
        sa.Column("since", whole, nullable=False),
        sa.Column("deadline", whole, nullable=False),
        sa.Column("reserved", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_unrelayed_registrations")),
    )


def downgrade() -> None:
    """Drop it: nobody looks for what the registrants send from then on."""
    op.drop_table("unrelayed_registrations")
