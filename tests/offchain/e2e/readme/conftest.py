"""One stack for everything that the README shows."""

from collections.abc import Iterator

import pytest

from scripts.stack import Ports, Stack, local_stack


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with local_stack(tmp_path_factory.mktemp("stack"), Ports(), lambda _: None) as running:
        yield running
