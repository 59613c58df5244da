"""What buyers were shown: each signed quote with the prices that stood beside it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the log; quotes made before it are not in it, since nobody knows what stood beside them."""
    whole, word = sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.LargeBinary(length=32)
    op.create_table(
        "offers",
        sa.Column("quote", word, nullable=False),
        sa.Column("visit", word, nullable=False),
        sa.Column("work", word, nullable=False),
        sa.Column("tier", sa.String(length=40), nullable=False),
        sa.Column("segment", sa.String(length=40), nullable=False),
        sa.Column("currency", whole, nullable=False),
        sa.Column("buyer", sa.String(length=42), nullable=True),
        sa.Column("offered", sa.JSON(), nullable=False),
        sa.Column("made_at", whole, nullable=False),
        sa.Column("expiry", whole, nullable=False),
        sa.ForeignKeyConstraint(["quote"], ["quotes.digest"], name=op.f("fk_offers_quote_quotes")),
        sa.PrimaryKeyConstraint("quote", name=op.f("pk_offers")),
    )
    op.create_index(op.f("ix_offers_buyer"), "offers", ["buyer"])
    op.create_index(op.f("ix_offers_made_at"), "offers", ["made_at"])


def downgrade() -> None:
    """Drop it; what was learned from it cannot be learned again."""
    op.drop_table("offers")
