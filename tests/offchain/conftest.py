"""Fixtures for every off-chain test: a real chain and a real IPFS node, one of each for the whole run."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from scripts.localnet import local_chain, local_ipfs
from scripts.processes import terminated_like_interrupted

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
"""A busy machine makes slow examples; that says nothing about what is tested."""

_READABLE = 60
"""Letters of a value that still tells a reader which case it is."""


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Long values are told by the argument's name and a number: nobody reads them, and some differ in every process.

    Two processes that share the tests must call them by the same names.
    """
    return argname if isinstance(val, str | bytes) and len(val) > _READABLE else None


@pytest.fixture(scope="session", autouse=True)
def _terminated_like_interrupted() -> Iterator[None]:
    """SIGTERM ends a run as Ctrl-C does: fixtures clean up, so no server and no folder stays behind.

    A shell's background job ignores Ctrl-C, and so would every process that a test starts and interrupts.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with terminated_like_interrupted():
        yield


@pytest.fixture(scope="session")
def chain_url() -> Iterator[str]:
    """JSON-RPC URL of a fresh Ganache (chain id 1337, public development mnemonic) shared by the run.

    Tests that need the chain to themselves take `fresh_chain_url`.
    """
    with local_chain() as url:
        yield url


@pytest.fixture
def fresh_chain_url() -> Iterator[str]:
    """JSON-RPC URL of a Ganache that this test alone uses, from block 0; about half a second to start."""
    with local_chain() as url:
        yield url


@pytest.fixture(scope="session")
def ipfs_url() -> Iterator[str]:
    """RPC URL of an IPFS node without peers, with an empty store, shared by the run."""
    with local_ipfs() as url:
        yield url
