"""A stack for each file of what the README and docs/API.md show: amounts of one are not another's."""

from collections.abc import Iterator

import pytest

from scripts.stack import Ports, Stack, local_stack

OPERATOR = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
"""Account 0, whom docs/API.md lets take a work down."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    settings = {"COLOPHON_OPERATORS": OPERATOR}
    with local_stack(tmp_path_factory.mktemp("stack"), Ports(), lambda _: None, settings) as running:
        yield running
