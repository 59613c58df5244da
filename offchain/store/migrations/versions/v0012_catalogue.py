"""Words of the catalogue: what its works are found by."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from offchain.store.words import words_of

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create the table, and fill it from the works that are there."""
    word = sa.LargeBinary(length=32)
    op.create_table(
        "work_words",
        sa.Column("word", sa.LargeBinary(length=64), nullable=False),
        sa.Column("work", word, nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["work"], ["works.id"], name=op.f("fk_work_words_work_works"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("word", "work", name=op.f("pk_work_words")),
    )
    op.create_index(op.f("ix_work_words_work"), "work_words", ["work"])
    op.create_index(op.f("ix_titles_registrant"), "titles", ["registrant"])
    connection = op.get_bind()
    works = connection.execute(sa.text("SELECT id, title, iscc, units, details FROM works")).all()
    for work, title, iscc, units, details in works:
        found = words_of(title, _json(details), [iscc, *_json(units)])
        rows = [{"word": each, "work": work, "places": places} for each, places in found.items()]
        if rows:
            connection.execute(
                sa.text("INSERT INTO work_words (word, work, places) VALUES (:word, :work, :places)"), rows
            )


def downgrade() -> None:
    """Drop it; it is made again from the works."""
    op.drop_index(op.f("ix_titles_registrant"), "titles")
    op.drop_table("work_words")


def _json(value: Any) -> Any:  # noqa: ANN401 - a column of JSON
    """SQLite gives JSON as text, PostgreSQL as what it says."""
    return json.loads(value) if isinstance(value, str) else value
