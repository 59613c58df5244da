"""The real model, loaded once for the whole run."""

from __future__ import annotations

import pytest

from offchain.config import load_settings
from offchain.generation import Runtime


@pytest.fixture(scope="session")
def runtime() -> Runtime:
    """The prepared model on one CPU thread; `make setup` prepares it."""
    return Runtime(load_settings().model_path, threads=1, device="cpu")
