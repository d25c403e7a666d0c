"""Balances over time, from the totals by day: what charts are drawn from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import case, cast, func, select
from sqlalchemy.orm import Session

from myapp.ledger.books import Book
from myapp.ledger.money import format_amount
from myapp.ledger.tables import Account, BalanceDay
from myapp.ledger.types import Int64

# Debits minus credits by type and month; None stands for everything before the first.
Changes = defaultdict[tuple[str, date | None], int]

_EPOCH = date(1970, 1, 1)
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


def of_account(session: Session, book: Book, path: str, asset: str) -> list[Point]:
    """Return an account's balance at the end of each day on which it changed, of 400 days at most."""
    statement = (
        select(BalanceDay.day, (BalanceDay.debits - BalanceDay.credits).label("net"))
        .join(Account, (Account.ledger_id == BalanceDay.ledger_id) & (Account.id == BalanceDay.account_id))
        .where(BalanceDay.ledger_id == book.id, Account.path == path, BalanceDay.asset == asset)
        .order_by(BalanceDay.day)
    )
    balance, points = 0, []
    for row in session.execute(statement):
        balance += row.net
        points.append(Point(day_of(row.day), format_amount(balance, book.scales[asset])))
    return _thinned(points)


def day_of(number: int) -> date:
    """Return the day with a number, counted from 1970-01-01."""
    return _EPOCH + timedelta(days=number)


def _thinned(points: Sequence[Point]) -> list[Point]:
    # The last of each group, so that the newest balance is always there.
    group = -(-len(points) // POINTS_MAX)
    return list(points) if group <= 1 else [points[-1 - n] for n in range(0, len(points), group)][::-1]


def months(session: Session, book: Book, asset: str, firsts: Sequence[date]) -> list[Month]:
    """Return what happened in each of some months that follow one another, told by their first days."""
    changes = _changes(session, book, asset, firsts[0], _next_month(firsts[-1]))
    assets, liabilities, found = changes["asset", None], -changes["liability", None], []
    for first in firsts:
        assets += changes["asset", first]
        liabilities -= changes["liability", first]
        moved = (-changes["income", first], changes["expense", first])
        amounts = (*moved, assets, liabilities, assets - liabilities)
        found.append(Month(first, *(format_amount(amount, book.scales[asset]) for amount in amounts)))
    return found


def last_months(newest: date, count: int) -> list[date]:
    """Return the first days of the last months up to the one of a day."""
    last = newest.year * 12 + newest.month - 1
    # The calendar begins with the twelfth: January of the year 1.
    numbers = range(max(12, last - count + 1), last + 1)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def _next_month(first: date) -> date:
    # The calendar ends with December of the year 9999.
    is_last = (first.year, first.month) == (date.max.year, date.max.month)
    return date.max if is_last else date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _changes(session: Session, book: Book, asset: str, start: date, end: date) -> Changes:
    first, last = (start - _EPOCH).days, (end - _EPOCH).days
    # All that was before is one row for each type.
    day = case((BalanceDay.day < first, first - 1), else_=BalanceDay.day).label("day")
    net = cast(func.sum(BalanceDay.debits - BalanceDay.credits), Int64).label("net")
    statement = (
        select(Account.type, day, net)
        .join(Account, (Account.ledger_id == BalanceDay.ledger_id) & (Account.id == BalanceDay.account_id))
        .where(BalanceDay.ledger_id == book.id, BalanceDay.asset == asset, BalanceDay.day < last)
        .group_by(Account.type, day)
    )
    return _by_month(session.execute(statement), first)


def _by_month(rows: Iterable[Any], first: int) -> Changes:
    found: Changes = defaultdict(int)
    for row in rows:
        month = None if row.day < first else day_of(row.day).replace(day=1)
        found[row.type, month] += row.net
    return found
