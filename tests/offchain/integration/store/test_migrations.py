"""Every migration, up and down, on every database that we know, with rows in every table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, func, select
from sqlalchemy.types import JSON, Boolean, Integer, LargeBinary, String, Text

from offchain.store.migrate import configuration, migrate
from offchain.store.schema import Base
from tests.offchain.databases import KINDS, fresh_database


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with fresh_database(request.param, tmp_path) as url:
        engine = create_engine(url)
        yield engine
        engine.dispose()


def revisions(engine: Engine) -> list[str]:
    """All of them, oldest first."""
    with engine.connect() as connection:
        script = ScriptDirectory.from_config(configuration(connection))
    return [revision.revision for revision in reversed(list(script.walk_revisions()))]


def downgrade(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        command.downgrade(configuration(connection), revision)


def schema(engine: Engine) -> dict[str, set[tuple[str, str, bool]]]:
    """Columns of every table: name, type, whether they may be empty."""
    found = MetaData()
    found.reflect(engine)
    return {
        name: {(column.name, str(column.type), bool(column.nullable)) for column in table.columns}
        for name, table in found.tables.items()
        if name != "alembic_version"
    }


def filled(connection: Connection) -> dict[str, int]:
    """Put one row more into every table; how many rows each has then."""
    found = MetaData()
    found.reflect(connection)
    found.remove(found.tables["alembic_version"])
    rows: dict[str, dict[str, Any]] = {}
    for table in found.sorted_tables:
        count = connection.scalar(select(func.count()).select_from(table)) or 0
        rows[table.name] = {column.name: _value(column, count, rows) for column in table.columns}
        connection.execute(table.insert().values(rows[table.name]))
    return counts(connection, found)


def _value(column: Any, number: int, rows: dict[str, dict[str, Any]]) -> object:
    for key in column.foreign_keys:
        return rows[key.column.table.name][key.column.name]
    match column.type:
        case Boolean():
            return True
        case Integer():
            return number + 1
        case LargeBinary():
            return bytes([number + 1]) * 32
        case JSON():
            return {"kept": number}
        case String() | Text():
            return f"{number}-{column.name}"[: getattr(column.type, "length", None) or 40]
    raise AssertionError(f"no value for {column!r}")


def counts(connection: Connection, found: MetaData) -> dict[str, int]:
    return {name: _count(connection, table) for name, table in found.tables.items()}


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def test_migrations__each__goes_up_down_and_up_again_the_same(engine: Engine):
    before = "base"
    for revision in revisions(engine):
        migrate(engine, revision)
        up = schema(engine)
        downgrade(engine, before if before != "base" else "base")
        migrate(engine, revision)
        assert schema(engine) == up, revision
        before = revision
    downgrade(engine, "base")
    assert not schema(engine)


def test_migrations__rows_in_every_table__none_is_lost_on_the_way_up(engine: Engine):
    for revision in revisions(engine):
        migrate(engine, revision)
        with engine.begin() as connection:
            kept = filled(connection)
        found = MetaData()
        found.reflect(engine)
        with engine.connect() as connection:
            assert {name: count for name, count in counts(connection, found).items() if name in kept} == kept


def test_migrations__all__give_the_schema_of_the_models(engine: Engine):
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        found = [change for change in compare_metadata(context, Base.metadata) if "alembic" not in str(change)]
    assert found == []
