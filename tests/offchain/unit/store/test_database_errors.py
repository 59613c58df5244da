"""What the database refuses, in words that callers can act on."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DataError

from offchain.errors import InputError, UnavailableError
from offchain.store import Store
from offchain.store.store import _database_errors


def test_snapshot__every_connection_in_use__is_unavailable(tmp_path: Path):
    engine = create_engine(f"sqlite:///{tmp_path / 'small.db'}", pool_size=1, max_overflow=0, pool_timeout=0.01)
    store = Store(engine)
    with engine.connect(), pytest.raises(UnavailableError) as refused, store.snapshot() as tx:
        tx.events.last_block()
    assert refused.value.code == "store-unavailable"
    store.close()


def test_database_errors__value_that_does_not_fit__is_the_callers_data():
    # PostgreSQL alone says this; SQLite takes what it is given.
    with pytest.raises(InputError) as refused, _database_errors():
        raise DataError("INSERT", {}, ValueError("NUL"))
    assert refused.value.code == "value-unstorable"
