"""What charts are drawn from, against a plain sum of what was posted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from myapp.db import SessionFactory, unit_of_work
from myapp.ledger import series
from myapp.ledger.books import open_book
from myapp.ledger.series import POINTS_MAX, Curve, Month, Point
from tests.ledger.books import LEDGER, make_ledger, post, transfer

INSTANT = timedelta(microseconds=1)
FEBRUARY = datetime(2024, 2, 1, tzinfo=UTC)
MARCH = datetime(2024, 3, 1, tzinfo=UTC)
# Where the money went, how much of it, and when: the last instants before a month, and the first within it.
MOVED = [
    ("assets:cash", "equity:opening", 1000, datetime(1969, 12, 31, 23, tzinfo=UTC)),
    ("assets:cash", "liabilities:loan", 200, FEBRUARY - INSTANT),
    ("expenses:food", "assets:cash", 7, FEBRUARY - INSTANT),
    ("expenses:food", "assets:cash", 11, FEBRUARY),
    ("assets:cash", "income:job", 500, MARCH - INSTANT),
    ("liabilities:loan", "assets:cash", 50, MARCH),
    ("expenses:food", "assets:cash", 13, MARCH + timedelta(days=40)),
]


@pytest.fixture
def books(factory: SessionFactory) -> SessionFactory:
    make_ledger(factory, JPY=0)
    for target, source, amount, moment in MOVED:
        post(factory, transfer(source, target, str(amount), "JPY", effective_at=moment))
    return factory


def months(factory: SessionFactory, newest: date, count: int) -> list[Month]:
    with unit_of_work(factory) as session:
        book = open_book(session, LEDGER, ["JPY"])
        return series.months(session, book, "JPY", series.last_months(newest, count))


def test_a_month_has_what_moved_in_it_and_what_there_is_at_its_end(books: SessionFactory) -> None:
    found = months(books, MARCH.date(), 3)
    assert found == [
        Month(date(2024, 1, 1), "0", "7", assets="1193", liabilities="200", net_worth="993"),
        Month(date(2024, 2, 1), "500", "11", assets="1682", liabilities="200", net_worth="1482"),
        Month(date(2024, 3, 1), "0", "0", assets="1632", liabilities="150", net_worth="1482"),
    ]


def test_the_first_month_stands_on_all_that_was_before_it(books: SessionFactory) -> None:
    (only,) = months(books, FEBRUARY.date(), 1)
    assert (only.income, only.expenses, only.net_worth) == ("500", "11", "1482")
    (early,) = months(books, date(1969, 12, 31), 1)
    assert (early.assets, early.liabilities) == ("1000", "0")


def test_several_accounts_may_have_more_than_one_can(factory: SessionFactory) -> None:
    make_ledger(factory, ETH=18)
    for number in range(3):
        draft = transfer(f"equity:{number}", f"assets:{number}", "9", "ETH", effective_at=FEBRUARY)
        post(factory, draft)
    with unit_of_work(factory) as session:
        book = open_book(session, LEDGER, ["ETH"])
        for newest in (FEBRUARY, MARCH):
            (only,) = series.months(session, book, "ETH", series.last_months(newest.date(), 1))
            assert only.assets == "27.000000000000000000"


def test_the_ends_of_the_calendar_have_months_too(books: SessionFactory) -> None:
    assert [each.first for each in months(books, date(1, 2, 3), 5)] == [date(1, 1, 1), date(1, 2, 1)]
    assert months(books, date.max, 2)[-1].net_worth == "1469"


def test_an_account_has_a_point_at_the_end_of_each_day_that_changed_it(books: SessionFactory) -> None:
    with unit_of_work(books) as session:
        book = open_book(session, LEDGER, ["JPY"])
        found = series.of_account(session, book, "liabilities:loan", "JPY", None, None)
    assert found == Curve([Point(date(2024, 1, 31), "-200"), Point(date(2024, 3, 1), "-150")])


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (None, datetime(2024, 1, 31, 23, 59, 59, 999_999, UTC), [31]),
        # What happened later on that day is in the day's balance.
        (None, datetime(2024, 1, 31, 23, 59, tzinfo=UTC), []),
        (datetime(2024, 1, 31, 12, tzinfo=UTC), None, [31, 1]),
        (datetime(2024, 2, 1, tzinfo=UTC), None, [1]),
        (datetime(2024, 3, 2, tzinfo=UTC), None, []),
    ],
)
def test_of_a_period_there_are_the_days_that_end_in_it(
    books: SessionFactory, start: datetime | None, end: datetime | None, days: list[int]
) -> None:
    with unit_of_work(books) as session:
        book = open_book(session, LEDGER, ["JPY"])
        found = series.of_account(session, book, "liabilities:loan", "JPY", start, end)
    balances = {31: "-200", 1: "-150"}
    assert [(point.day.day, point.balance) for point in found.points] == [(n, balances[n]) for n in days]


def test_of_too_many_days_the_newest_stays(factory: SessionFactory) -> None:
    make_ledger(factory, JPY=0)
    days = POINTS_MAX + 3
    for number in range(days):
        post(factory, transfer("assets:b", "assets:a", "1", "JPY", effective_at=MARCH + timedelta(number)))
    with unit_of_work(factory) as session:
        book = open_book(session, LEDGER, ["JPY"])
        found = series.of_account(session, book, "assets:a", "JPY", None, None)
    assert (len(found.points) <= POINTS_MAX, found.every) == (True, 2)
    assert found.points[-1].balance == str(days)
