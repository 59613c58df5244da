"""Content keys of sealed works, and the log of their releases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create both tables."""
    whole, word = sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.LargeBinary(length=32)
    op.create_table(
        "content_keys",
        sa.Column("work", word, nullable=False),
        sa.Column("master", sa.String(length=16), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("created_at", whole, nullable=False),
        sa.Column("cid", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("work", name=op.f("pk_content_keys")),
    )
    op.create_table(
        "key_releases",
        sa.Column("sequence", whole, autoincrement=True, nullable=False),
        sa.Column("work", word, nullable=False),
        sa.Column("account", sa.String(length=42), nullable=False),
        sa.Column("licence", word, nullable=False),
        sa.Column("recipient", sa.String(length=100), nullable=False),
        sa.Column("nonce", word, nullable=False),
        sa.Column("block", whole, nullable=False),
        sa.Column("released_at", whole, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_key_releases")),
        sa.UniqueConstraint("account", "nonce", name=op.f("uq_key_releases_account_nonce")),
    )
    op.create_index(op.f("ix_key_releases_work"), "key_releases", ["work"], unique=False)


def downgrade() -> None:
    """Drop them, and with them every key: keep a backup of the database."""
    op.drop_table("key_releases")
    op.drop_table("content_keys")
