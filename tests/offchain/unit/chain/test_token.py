"""What a token says of itself is anybody's text."""

import pytest

from offchain.chain.token import Token


class Stating:
    """A contract that answers every read with one value."""

    def __init__(self, answer):
        self.read = lambda _name: answer


@pytest.mark.parametrize(
    ("stated", "told"),
    [("TUSD", "TUSD"), ("\x1b[2JT\x00USD\n", "[2JTUSD"), ("\u202eT", "T"), ("T" * 10**6, "T" * 32), ("US$ ₮", "US$ ₮")],
)
def test_symbol__anything_stated__is_short_and_printable(stated, told):
    token = Token.__new__(Token)
    token.contract = Stating(stated)
    assert token.symbol() == told
