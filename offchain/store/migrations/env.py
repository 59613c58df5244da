"""Alembic's entry: runs migrations over the connection that `offchain.store.migrate` hands in."""

from __future__ import annotations

from alembic import context

from offchain.store.schema import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
