"""Jobs that wait for a trouble to pass."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Create the table."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "postponed_jobs",
        sa.Column("workflow", sa.String(length=120), nullable=False),
        sa.Column("step", sa.String(length=100), nullable=False),
        sa.Column("tries", whole, nullable=False),
        sa.Column("since", whole, nullable=False),
        sa.Column("due", whole, nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("workflow", name=op.f("pk_postponed_jobs")),
    )


def downgrade() -> None:
    """Drop it: those jobs then wait for their owners."""
    op.drop_table("postponed_jobs")
