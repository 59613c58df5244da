from __future__ import annotations

from pathlib import Path

import pytest

DATA = Path(__file__).parents[3] / "data"


@pytest.fixture(scope="session")
def photograph() -> Path:
    return DATA / "chelsea.png"


@pytest.fixture(scope="session")
def other_photograph() -> Path:
    return DATA / "rocket.jpg"


@pytest.fixture(scope="session")
def prose() -> Path:
    return DATA / "pride-and-prejudice-1.txt"


@pytest.fixture(scope="session")
def other_prose() -> Path:
    return DATA / "alice-in-wonderland-1.txt"
