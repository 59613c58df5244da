"""Several relayers: which account an intent is with, what each spends in a day, and when an intent expires."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Create the tables; what was sent before counts towards no day's spending."""
    zero = sa.text(_ZERO[op.get_bind().dialect.name])
    whole, word = sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.LargeBinary(length=32)
    op.create_table(
        "intents",
        sa.Column("chain_id", whole, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("sender", sa.String(length=42), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "key", name=op.f("pk_intents")),
    )
    op.create_table(
        "spending",
        sa.Column("chain_id", whole, nullable=False),
        sa.Column("account", sa.String(length=42), nullable=False),
        sa.Column("day", whole, nullable=False),
        sa.Column("wei", word, nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "account", "day", name=op.f("pk_spending")),
    )
    with op.batch_alter_table("transactions") as table:
        table.add_column(sa.Column("expires_at", whole, nullable=True))
        table.add_column(sa.Column("day", whole, nullable=False, server_default="0"))
        table.add_column(sa.Column("cost", word, nullable=False, server_default=zero))
    with op.batch_alter_table("transaction_attempts") as table:
        table.add_column(sa.Column("void", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Drop them; an intent that was freed cannot be told from another any more, and neither need be."""
    with op.batch_alter_table("transaction_attempts") as table:
        table.drop_column("void")
    with op.batch_alter_table("transactions") as table:
        for name in ("cost", "day", "expires_at"):
            table.drop_column(name)
    op.drop_table("spending")
    op.drop_table("intents")


_ZERO = {"sqlite": f"x'{'00' * 32}'", "postgresql": f"'\\x{'00' * 32}'::bytea"}
