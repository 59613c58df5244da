"""These tests bring their own EVM: no node, and nothing to put back on one."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def isolation():
    """Instead of the node's."""
