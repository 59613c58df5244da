"""A work may be sealed after its registration: the store then tells what its metadata does not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the sha256 of such a rendition."""
    op.add_column("content_keys", sa.Column("digest", sa.LargeBinary(length=32), nullable=True))


def downgrade() -> None:
    """Drop it; works that were sealed later open nothing any more."""
    with op.batch_alter_table("content_keys") as table:
        table.drop_column("digest")
