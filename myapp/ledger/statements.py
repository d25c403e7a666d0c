"""The statement of one account in one asset: its postings in effective order, each with the balance after it.

A posting that is recorded late takes its place by its effective time, and every balance after it counts it.
So the balances are summed here, from the opening one on, and are not those that the postings carry, which
are in recorded order.

A statement is read in pages, and stays what it was when its first page was read: a posting never changes,
and whatever is recorded during the walk has a higher version than the newest at its start, and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import and_, func, select, tuple_
from sqlalchemy.orm import Session

from myapp.ledger.asof import AsOf, Scope, net_as_of
from myapp.ledger.books import Book
from myapp.ledger.errors import AccountNotFound, UnknownAsset
from myapp.ledger.money import format_amount
from myapp.ledger.paging import page_of
from myapp.ledger.tables import Account, Balance, Posting, Transaction
from myapp.ledger.views import Page, StatementLine, StatementView

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class StatementFilter:
    """Which account and asset, and from when to when in effective time, both inclusive."""

    account: str
    asset: str
    effective_from: datetime | None = None
    effective_to: datetime | None = None


class Place(NamedTuple):
    """Where a page ended, and what the pages of one walk have in common; balances in the smallest unit.

    `newest` is the balance row's version when the walk began.
    """

    effective_at: datetime
    version: int
    balance: int
    newest: int
    opening: int
    closing: int


@dataclass(frozen=True, slots=True)
class _Walk:
    newest: int
    opening: int
    closing: int


def read(
    session: Session, book: Book, wanted: StatementFilter, *, limit: int, after: Place | None = None
) -> StatementView:
    """Return a page of a statement; `book` has the scale of its asset.

    The opening balance is the one just before the range, the closing one that at its end: both are of the
    whole range on every page.

    Raises:
        UnknownAsset: the ledger has no such asset.
        AccountNotFound: the ledger has no such account.
    """
    if wanted.asset not in book.scales:
        raise UnknownAsset(f"The ledger has no asset {wanted.asset!r}.")
    account = _account(session, book, wanted)
    walk = _begin(session, book, wanted, account) if after is None else _Walk(*after[3:])
    rows = _rows(book, wanted, account.id, walk, after).limit(limit + 1)
    reached = walk.opening if after is None else after.balance
    lines = list(_lines(session.execute(rows).all(), reached, walk))
    page: Page[tuple[Any, Place]] = page_of(lines, limit, lambda line: line[1])
    scale = book.scales[wanted.asset]
    return StatementView(
        account=wanted.account,
        asset=wanted.asset,
        opening_balance=format_amount(walk.opening, scale),
        closing_balance=format_amount(walk.closing, scale),
        page=Page([_line(row, place, scale) for row, place in page.items], page.next_key),
    )


def _account(session: Session, book: Book, wanted: StatementFilter) -> Any:
    balance = and_(
        Balance.ledger_id == Account.ledger_id,
        Balance.account_id == Account.id,
        Balance.asset == wanted.asset,
    )
    statement = (
        select(
            Account.id,
            func.coalesce(Balance.version, 0).label("version"),
            func.coalesce(Balance.debits - Balance.credits, 0).label("net"),
        )
        .outerjoin(Balance, balance)
        .where(Account.ledger_id == book.id, Account.path == wanted.account)
    )
    account = session.execute(statement).one_or_none()
    if account is None:
        raise AccountNotFound(f"The ledger has no account {wanted.account!r}.")
    return account


def _begin(session: Session, book: Book, wanted: StatementFilter, account: Any) -> _Walk:
    first, last = wanted.effective_from, wanted.effective_to
    scope, opening = Scope(book.id, account.id, wanted.asset), 0
    # Nothing is earlier than the calendar's first instant.
    if first is not None and first > datetime.min.replace(tzinfo=first.tzinfo):
        opening = net_as_of(session, scope, AsOf(first - _MICROSECOND))
    if last is None:
        return _Walk(account.version, opening, account.net)
    # In a range that ends before it begins, nothing moves.
    return _Walk(account.version, opening, opening + net_as_of(session, scope, AsOf(last, since=first)))


def _rows(book: Book, wanted: StatementFilter, account_id: int, walk: _Walk, after: Place | None) -> Any:
    recorded = and_(Transaction.ledger_id == Posting.ledger_id, Transaction.id == Posting.txn_id)
    statement = (
        select(
            Posting.txn_id,
            Posting.effective_at,
            Posting.recorded_at,
            Posting.version,
            Posting.amount,
            Transaction.description,
        )
        .join(Transaction, recorded)
        .where(
            Posting.ledger_id == book.id,
            Posting.account_id == account_id,
            Posting.asset == wanted.asset,
            # As a sum, because SQLite would rather follow the key by version, and sort all it finds.
            Posting.version + 0 <= walk.newest,
        )
        .order_by(Posting.effective_at, Posting.version)
    )
    if after is not None:
        # Typed, or SQLite would compare its integers with text.
        reached = tuple_(*after[:2], types=[Posting.effective_at.type, Posting.version.type])
        statement = statement.where(tuple_(Posting.effective_at, Posting.version) > reached)
    elif wanted.effective_from is not None:
        # Only on the first page: the index is entered at one place, and that must be the later one.
        statement = statement.where(Posting.effective_at >= wanted.effective_from)
    if wanted.effective_to is not None:
        statement = statement.where(Posting.effective_at <= wanted.effective_to)
    return statement


def _lines(rows: Sequence[Any], balance: int, walk: _Walk) -> Iterator[tuple[Any, Place]]:
    balances = list(accumulate((row.amount for row in rows), initial=balance))[1:]
    for row, reached in zip(rows, balances, strict=True):
        yield row, Place(row.effective_at, row.version, reached, walk.newest, walk.opening, walk.closing)


def _line(row: Any, place: Place, scale: int) -> StatementLine:
    return StatementLine(
        transaction_id=row.txn_id,
        effective_at=row.effective_at,
        recorded_at=row.recorded_at,
        description=row.description,
        amount=format_amount(row.amount, scale),
        balance=format_amount(place.balance, scale),
    )
