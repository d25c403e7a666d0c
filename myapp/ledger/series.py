"""Balances over time, from the totals by day and by month: what charts are drawn from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from myapp.ledger.books import Book
from myapp.ledger.dates import date_of, days_in, month_of_date
from myapp.ledger.money import format_amount
from myapp.ledger.tables import Account, BalanceDay, BalanceMonth
from myapp.ledger.wide_sums import halves_of, sum_of

# Debits minus credits by type and month, by its number.
Changes = defaultdict[tuple[str, int], int]

# More than the pixels of a chart's half would not be seen.
POINTS_MAX = 400


@dataclass(frozen=True, slots=True)
class Point:
    """The balance at the end of a day: debits minus credits, a decimal text."""

    day: date
    balance: str


@dataclass(frozen=True, slots=True)
class Month:
    """A month's income and expenses, and what there is at its end: decimal texts, each on its normal side."""

    first: date
    income: str
    expenses: str
    assets: str
    liabilities: str
    net_worth: str


@dataclass(frozen=True, slots=True)
class Curve:
    """The balance at the end of days on which it changed: of each, or of each second, third and so on."""

    points: Sequence[Point]
    every: int = 1


def of_account(
    session: Session, book: Book, path: str, asset: str, start: datetime | None, end: datetime | None
) -> Curve:
    """Return an account's balance at the ends of the days that changed it, of 400 days at most.

    They are those that end from `start` to `end`, both inclusive, with a time zone; None where it is open.
    """
    statement = (
        select(BalanceDay.day, (BalanceDay.debits - BalanceDay.credits).label("net"))
        .join(Account, (Account.ledger_id == BalanceDay.ledger_id) & (Account.id == BalanceDay.account_id))
        .where(BalanceDay.ledger_id == book.id, Account.path == path, BalanceDay.asset == asset)
        .order_by(BalanceDay.day)
    )
    balance, points = 0, []
    for row in session.execute(statement):
        balance += row.net
        points.append(Point(date_of(row.day), format_amount(balance, book.scales[asset])))
    return _thinned([point for point in points if _ends_within(point.day, start, end)])


def _ends_within(day: date, start: datetime | None, end: datetime | None) -> bool:
    last = datetime.combine(day, time.max, UTC)
    return (start is None or last >= start) and (end is None or last <= end)


def _thinned(points: Sequence[Point]) -> Curve:
    # The last of each group, so that the newest balance is always there.
    every = max(1, -(-len(points) // POINTS_MAX))
    return Curve(points[::-every][::-1], every)


def months(session: Session, book: Book, asset: str, firsts: Sequence[date]) -> list[Month]:
    """Return what happened in each of some months that follow one another, told by their first days."""
    before = month_of_date(firsts[0]) - 1
    changes = _changes(session, book, asset, before, month_of_date(firsts[-1]))
    assets, liabilities, found = changes["asset", before], -changes["liability", before], []
    for number, first in enumerate(firsts, before + 1):
        assets += changes["asset", number]
        liabilities -= changes["liability", number]
        moved = (-changes["income", number], changes["expense", number])
        amounts = (*moved, assets, liabilities, assets - liabilities)
        found.append(Month(first, *(format_amount(amount, book.scales[asset]) for amount in amounts)))
    return found


def last_months(newest: date, count: int) -> list[date]:
    """Return the first days of the last months up to the one of a day."""
    last = month_of_date(newest)
    numbers = range(max(month_of_date(date.min), last - count + 1), last + 1)
    return [date_of(days_in(number)[0]) for number in numbers]


def _changes(session: Session, book: Book, asset: str, before: int, last: int) -> Changes:
    # All that was earlier counts as of the month before the first one that is shown.
    month = case((BalanceMonth.month < before, before), else_=BalanceMonth.month).label("month")
    own = (Account.ledger_id == BalanceMonth.ledger_id) & (Account.id == BalanceMonth.account_id)
    statement = (
        select(Account.type, month, *halves_of(BalanceMonth.debits - BalanceMonth.credits))
        .join(Account, own)
        .where(BalanceMonth.ledger_id == book.id, BalanceMonth.asset == asset, BalanceMonth.month <= last)
        .group_by(Account.type, month)
    )
    return defaultdict(int, {(row.type, row.month): sum_of(row) for row in session.execute(statement)})
