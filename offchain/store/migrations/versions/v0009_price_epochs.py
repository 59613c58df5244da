"""Epochs of pricing, and the price of every work in each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create both tables."""
    whole, word = sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.LargeBinary(length=32)
    op.create_table(
        "price_epochs",
        sa.Column("number", whole, autoincrement=True, nullable=False),
        sa.Column("currency", whole, nullable=False),
        sa.Column("follows", whole, nullable=False),
        sa.Column("model_hash", word, nullable=False),
        sa.Column("duals_hash", word, nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("revenue", word, nullable=False),
        sa.Column("made_at", whole, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_price_epochs")),
        sa.UniqueConstraint("currency", "follows", name=op.f("uq_price_epochs_currency_follows")),
    )
    op.create_index(op.f("ix_price_epochs_currency"), "price_epochs", ["currency"])
    op.create_table(
        "epoch_prices",
        sa.Column("epoch", whole, nullable=False),
        sa.Column("work", word, nullable=False),
        sa.Column("entry", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["epoch"], ["price_epochs.number"], name=op.f("fk_epoch_prices_epoch_price_epochs")),
        sa.PrimaryKeyConstraint("epoch", "work", name=op.f("pk_epoch_prices")),
    )


def downgrade() -> None:
    """Drop them; quotes that were signed under an epoch keep its number and hashes."""
    op.drop_table("epoch_prices")
    op.drop_index(op.f("ix_price_epochs_currency"), "price_epochs")
    op.drop_table("price_epochs")
