"""The audit's books, fed by hand; the whole audit runs against a real chain in tests/offchain/e2e/demo."""

import pytest

from scripts.books import MILLION, ZERO, Books

ADA, BEN, CLEO = "0xAda", "0xBen", "0xCleo"
PHOTO, TEXT, POSTER = 1, 2, 3
RETITLE = 2


@pytest.fixture
def books() -> Books:
    """Two originals and a derivative that owes 40 % and 10 %."""
    kept = Books()
    for work, registrant in ((PHOTO, ADA), (TEXT, BEN), (POSTER, CLEO)):
        kept.keep("WorkRegistered", (work, registrant, b"", b"", b"", 0, 0))
    kept.keep("EdgeLinked", (POSTER, PHOTO, 0, 400_000, 0, 0, 0))
    kept.keep("EdgeLinked", (POSTER, TEXT, 1, 100_000, 0, 0, 0))
    return kept


def test_deposit__original__belongs_to_its_registrant(books):
    books.keep("Deposited", (PHOTO, 0, BEN, BEN, 101))
    assert (books.claimable(PHOTO, 0, ADA), books.claimable(PHOTO, 0, BEN)) == (101, 0)


def test_deposit__derivative__keeps_what_it_does_not_owe(books):
    books.keep("Deposited", (POSTER, 0, ADA, ADA, 101))
    # 101 · 0.5 = 50.5, floored 50 owed upstream; of it 40 to the photograph, 10 to the text.
    assert books.net(POSTER, 0) == 101 - 50
    assert [books.pullable(POSTER, edge, 0) for edge in (0, 1)] == [40, 10]


def test_pull__split_payment__moves_the_same_as_one_payment(books):
    for _ in range(101):
        books.keep("Deposited", (POSTER, 0, ADA, ADA, 1))
        due = books.pullable(POSTER, 0, 0)
        books.keep("Pulled", (POSTER, PHOTO, 0, 0, due, 0))
    assert books.gross[PHOTO, 0] == 101 * 400_000 // MILLION


def test_share_transfer__revenue_before_it__stays_with_the_sender(books):
    """M6."""
    books.keep("Deposited", (PHOTO, 0, CLEO, CLEO, 100))
    books.keep("Transfer", (ADA, ZERO, ADA, PHOTO, MILLION))
    books.keep("Transfer", (ADA, ADA, BEN, PHOTO, MILLION // 4))
    books.keep("Deposited", (PHOTO, 0, CLEO, CLEO, 100))
    assert (books.claimable(PHOTO, 0, ADA), books.claimable(PHOTO, 0, BEN)) == (100 + 75, 25)


@pytest.mark.parametrize(("sender", "share"), [(ZERO, PHOTO), (ADA, PHOTO), (ADA, 2**200)])
def test_share_transfer__zero_units__changes_nothing(books, sender, share):
    """Anybody may send nothing to anybody, also of a work that does not exist."""
    books.keep("Deposited", (PHOTO, 0, CLEO, CLEO, 100))
    books.keep("Transfer", (CLEO, sender, BEN, share, 0))
    assert (books.claimable(PHOTO, 0, ADA), books.claimable(PHOTO, 0, BEN)) == (100, 0)
    assert 2**200 not in {share for share, _ in books.holders()}


def test_claim__remainder__is_kept_for_the_next_claim(books):
    books.keep("Transfer", (ADA, ADA, BEN, PHOTO, MILLION // 2))
    books.keep("Deposited", (PHOTO, 0, CLEO, CLEO, 3))
    assert books.claimable(PHOTO, 0, BEN) == 1
    books.keep("Claimed", (PHOTO, 0, BEN, BEN, 1))
    books.keep("Deposited", (PHOTO, 0, CLEO, CLEO, 1))
    assert books.claimable(PHOTO, 0, BEN) == 1, "two halves are one wei"


def test_registration__gave_way__leaves_no_edge_and_no_share_of_the_former(books):
    books.keep("EdgesCleared", (POSTER,))
    books.keep("WorkRegistered", (POSTER, BEN, b"", b"", b"", 0, 0))
    books.keep("Deposited", (POSTER, 0, ADA, ADA, 10))
    assert (books.claimable(POSTER, 0, BEN), books.claimable(POSTER, 0, CLEO)) == (10, 0)


def test_resolved__title_lost_before_a_currency_came__the_ended_series_earns_nothing_in_it(books):
    """M1: what arrives in the new currency is owed once, to the series that lives."""
    books.keep("Frozen", (PHOTO,))
    books.keep("Resolved", (PHOTO, RETITLE, BEN))
    books.keep("CurrencyAdded", (1, "0xDollar"))
    books.keep("Deposited", (PHOTO, 1, CLEO, CLEO, 1000))
    ended, lives = books.series[PHOTO]
    assert (books.claimable(ended, 1, ADA), books.claimable(lives, 1, BEN)) == (0, 1000)
    assert books.liabilities(1) == books.assets(1) * MILLION


def test_resolved__title_lost__both_series_keep_what_they_earned(books):
    books.keep("Deposited", (PHOTO, 0, CLEO, CLEO, 100))
    books.keep("Frozen", (PHOTO,))
    books.keep("Deposited", (PHOTO, 0, CLEO, CLEO, 10))
    books.keep("Resolved", (PHOTO, RETITLE, BEN))
    ended, lives = books.series[PHOTO]
    assert (books.claimable(ended, 0, ADA), books.claimable(lives, 0, BEN)) == (100, 10)
