"""Webhooks: endpoints, messages, tries, and how far what happened has been told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=42), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("works", sa.JSON(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _WHOLE, nullable=False),
        sa.Column("former", sa.LargeBinary(), nullable=True),
        sa.Column("former_until", _WHOLE, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("failures", _WHOLE, nullable=False),
        sa.Column("next_at", _WHOLE, nullable=False),
        sa.Column("leased_until", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_index(op.f("ix_webhooks_account"), "webhooks", ["account"])
    op.create_table(
        "webhook_messages",
        sa.Column("sequence", _WHOLE, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("webhook", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", _WHOLE, nullable=False),
        sa.Column("delivered_at", _WHOLE, nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook"], ["webhooks.id"], name=op.f("fk_webhook_messages_webhook_webhooks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_webhook_messages")),
        sa.UniqueConstraint("id", name=op.f("uq_webhook_messages_id")),
        sa.UniqueConstraint("webhook", "source", name=op.f("uq_webhook_messages_webhook_source")),
    )
    for column in ("webhook", "delivered_at"):
        op.create_index(op.f(f"ix_webhook_messages_{column}"), "webhook_messages", [column])
    op.create_table(
        "webhook_attempts",
        sa.Column("sequence", _WHOLE, autoincrement=True, nullable=False),
        sa.Column("message", _WHOLE, nullable=False),
        sa.Column("at", _WHOLE, nullable=False),
        sa.Column("milliseconds", _WHOLE, nullable=False),
        sa.Column("status", _WHOLE, nullable=True),
        sa.Column("error", sa.String(length=100), nullable=True),
        sa.Column("answer", sa.String(length=256), nullable=False),
        sa.ForeignKeyConstraint(
            ["message"],
            ["webhook_messages.sequence"],
            name=op.f("fk_webhook_attempts_message_webhook_messages"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_webhook_attempts")),
    )
    op.create_index(op.f("ix_webhook_attempts_message"), "webhook_attempts", ["message"])
    op.create_table(
        "webhook_cursors",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("position", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_webhook_cursors")),
    )


def downgrade() -> None:
    """Drop them: nobody is told anything until they ask for it again."""
    for table in ("webhook_cursors", "webhook_attempts", "webhook_messages", "webhooks"):
        op.drop_table(table)
