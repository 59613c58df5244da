"""Everything of the first version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _whole() -> sa.types.TypeEngine[int]:
    """64 bits; SQLite counts up by itself only in a column that is called INTEGER."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _word() -> sa.LargeBinary:
    """A digest, or an unsigned 256-bit number in big-endian order."""
    return sa.LargeBinary(length=32)


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "blocks",
        sa.Column("number", _whole(), autoincrement=False, nullable=False),
        sa.Column("hash", _word(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_blocks")),
        sa.UniqueConstraint("hash", name=op.f("uq_blocks_hash")),
    )
    op.create_table(
        "events",
        sa.Column("block_hash", _word(), nullable=False),
        sa.Column("tx_hash", _word(), nullable=False),
        sa.Column("log_index", _whole(), nullable=False),
        sa.Column("block", _whole(), nullable=False),
        sa.Column("contract", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("work", _word(), nullable=True),
        sa.Column("related", _word(), nullable=True),
        sa.Column("licence", _word(), nullable=True),
        sa.Column("account", sa.String(length=42), nullable=True),
        sa.Column("counterparty", sa.String(length=42), nullable=True),
        sa.Column("currency", _whole(), nullable=True),
        sa.Column("amount", _word(), nullable=True),
        sa.PrimaryKeyConstraint("block_hash", "tx_hash", "log_index", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_account"), "events", ["account"], unique=False)
    op.create_index(op.f("ix_events_block_log_index"), "events", ["block", "log_index"], unique=False)
    op.create_index(op.f("ix_events_licence"), "events", ["licence"], unique=False)
    op.create_index(op.f("ix_events_name"), "events", ["name"], unique=False)
    op.create_index(op.f("ix_events_related"), "events", ["related"], unique=False)
    op.create_index(op.f("ix_events_work"), "events", ["work"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("request", _word(), nullable=False),
        sa.Column("created_at", _whole(), nullable=False),
        sa.Column("status", _whole(), nullable=True),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "licences",
        sa.Column("number", _word(), nullable=False),
        sa.Column("work", _word(), nullable=False),
        sa.Column("holder", sa.String(length=42), nullable=False),
        sa.Column("payer", sa.String(length=42), nullable=False),
        sa.Column("offer", _whole(), nullable=False),
        sa.Column("terms", _whole(), nullable=False),
        sa.Column("currency", _whole(), nullable=False),
        sa.Column("price", _word(), nullable=False),
        sa.Column("expiry", _whole(), nullable=False),
        sa.Column("block", _whole(), nullable=False),
        sa.Column("tx_hash", _word(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_licences")),
    )
    op.create_index(op.f("ix_licences_holder"), "licences", ["holder"], unique=False)
    op.create_index(op.f("ix_licences_work"), "licences", ["work"], unique=False)
    op.create_table(
        "nonces",
        sa.Column("chain_id", _whole(), nullable=False),
        sa.Column("account", sa.String(length=42), nullable=False),
        sa.Column("next", _whole(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "account", name=op.f("pk_nonces")),
    )
    op.create_table(
        "quotes",
        sa.Column("digest", _word(), nullable=False),
        sa.Column("work", _word(), nullable=False),
        sa.Column("seller", sa.String(length=42), nullable=False),
        sa.Column("terms", _whole(), nullable=False),
        sa.Column("currency", _whole(), nullable=False),
        sa.Column("price", _word(), nullable=False),
        sa.Column("expiry", _whole(), nullable=False),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _whole(), nullable=False),
        sa.Column("buyer", sa.String(length=42), nullable=True),
        sa.Column("explanation", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_quotes")),
    )
    op.create_index(op.f("ix_quotes_work"), "quotes", ["work"], unique=False)
    op.create_table(
        "titles",
        sa.Column("work", _word(), nullable=False),
        sa.Column("registrant", sa.String(length=42), nullable=False),
        sa.Column("holder", sa.String(length=42), nullable=False),
        sa.Column("metadata_digest", _word(), nullable=False),
        sa.Column("provenance_digest", _word(), nullable=False),
        sa.Column("iscc", sa.LargeBinary(), nullable=False),
        sa.Column("upstream", _whole(), nullable=False),
        sa.Column("final_at", _whole(), nullable=False),
        sa.Column("epoch", _whole(), nullable=False),
        sa.Column("block", _whole(), nullable=False),
        sa.Column("tx_hash", _word(), nullable=False),
        sa.PrimaryKeyConstraint("work", name=op.f("pk_titles")),
    )
    op.create_index(op.f("ix_titles_holder"), "titles", ["holder"], unique=False)
    op.create_table(
        "transactions",
        sa.Column("id", _whole(), autoincrement=True, nullable=False),
        sa.Column("chain_id", _whole(), nullable=False),
        sa.Column("sender", sa.String(length=42), nullable=False),
        sa.Column("nonce", _whole(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("to", sa.String(length=42), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("value", _word(), nullable=False),
        sa.Column("gas", _whole(), nullable=False),
        sa.Column("created_at", _whole(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transactions")),
        sa.UniqueConstraint("chain_id", "sender", "key", name=op.f("uq_transactions_chain_id_sender_key")),
    )
    op.create_index(op.f("ix_transactions_nonce"), "transactions", ["nonce"], unique=False)
    op.create_index(op.f("ix_transactions_sender"), "transactions", ["sender"], unique=False)
    op.create_index(op.f("ix_transactions_status"), "transactions", ["status"], unique=False)
    op.create_table(
        "works",
        sa.Column("sequence", _whole(), autoincrement=True, nullable=False),
        sa.Column("id", _word(), nullable=False),
        sa.Column("creator", sa.String(length=42), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", _whole(), nullable=False),
        sa.Column("created_at", _whole(), nullable=False),
        sa.Column("iscc", sa.String(length=200), nullable=False),
        sa.Column("units", sa.JSON(), nullable=False),
        sa.Column("metadata_digest", _word(), nullable=True),
        sa.Column("metadata_cid", sa.String(length=100), nullable=True),
        sa.Column("rendition_digest", _word(), nullable=True),
        sa.Column("rendition_cid", sa.String(length=100), nullable=True),
        sa.Column("provenance_digest", _word(), nullable=True),
        sa.Column("provenance_cid", sa.String(length=100), nullable=True),
        sa.Column("parents", sa.JSON(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("tx_hash", _word(), nullable=True),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_works")),
        sa.UniqueConstraint("id", name=op.f("uq_works_id")),
    )
    op.create_index(op.f("ix_works_creator"), "works", ["creator"], unique=False)
    op.create_index(op.f("ix_works_rendition_digest"), "works", ["rendition_digest"], unique=False)
    op.create_table(
        "orders",
        sa.Column("digest", _word(), nullable=False),
        sa.Column("quote", _word(), nullable=False),
        sa.Column("buyer", sa.String(length=42), nullable=False),
        sa.Column("recipient", sa.String(length=42), nullable=False),
        sa.Column("nonce", _word(), nullable=False),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _whole(), nullable=False),
        sa.Column("permit", sa.JSON(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("tx_hash", _word(), nullable=True),
        sa.Column("licence", _word(), nullable=True),
        sa.Column("failure", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(["quote"], ["quotes.digest"], name=op.f("fk_orders_quote")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_orders")),
        sa.UniqueConstraint("buyer", "nonce", name=op.f("uq_orders_buyer_nonce")),
    )
    op.create_index(op.f("ix_orders_quote"), "orders", ["quote"], unique=False)
    op.create_table(
        "similarity_codes",
        sa.Column("work", _word(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["work"], ["works.id"], name=op.f("fk_similarity_codes_work"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("work", "kind", name=op.f("pk_similarity_codes")),
    )
    op.create_table(
        "transaction_attempts",
        sa.Column("hash", _word(), nullable=False),
        sa.Column("transaction_id", _whole(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("max_fee", _word(), nullable=False),
        sa.Column("created_at", _whole(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["transactions.id"],
            name=op.f("fk_transaction_attempts_transaction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_transaction_attempts")),
    )
    op.create_index(
        op.f("ix_transaction_attempts_transaction_id"), "transaction_attempts", ["transaction_id"], unique=False
    )


def downgrade() -> None:
    """Drop every table, those that refer to others first."""
    for table in (
        "transaction_attempts",
        "similarity_codes",
        "orders",
        "works",
        "transactions",
        "titles",
        "quotes",
        "nonces",
        "licences",
        "idempotency_keys",
        "events",
        "blocks",
    ):
        op.drop_table(table)
