"""Who calls: nonces of sign-in messages, sessions, API keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WORD = sa.LargeBinary(length=32)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "sign_in_nonces",
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("expiry", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_sign_in_nonces")),
    )
    op.create_index(op.f("ix_sign_in_nonces_expiry"), "sign_in_nonces", ["expiry"])
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=42), nullable=False),
        sa.Column("access", _WORD, nullable=False),
        sa.Column("access_until", _WHOLE, nullable=False),
        sa.Column("refresh", _WORD, nullable=False),
        sa.Column("refresh_until", _WHOLE, nullable=False),
        sa.Column("created_at", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("access", name=op.f("uq_sessions_access")),
        sa.UniqueConstraint("refresh", name=op.f("uq_sessions_refresh")),
    )
    for column in ("account", "refresh_until"):
        op.create_index(op.f(f"ix_sessions_{column}"), "sessions", [column])
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=42), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("digest", _WORD, nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", _WHOLE, nullable=False),
        sa.Column("expiry", _WHOLE, nullable=True),
        sa.Column("used_at", _WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
    )
    op.create_index(op.f("ix_api_keys_account"), "api_keys", ["account"])


def downgrade() -> None:
    """Drop them: everybody signs in anew, and servers need new keys."""
    for table in ("api_keys", "sessions", "sign_in_nonces"):
        op.drop_table(table)
