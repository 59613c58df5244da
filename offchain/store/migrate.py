"""Schema migrations: Alembic, run by whoever opens the store."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

__all__ = ["configuration", "migrate"]

_LOCK: Final = 0x436F6C6F70686F6E  # "Colophon"; any number that nobody else locks


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to a revision; processes that start together wait for one another."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        command.upgrade(configuration(connection), revision)


def configuration(connection: Connection) -> Config:
    """Alembic's configuration over an open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
