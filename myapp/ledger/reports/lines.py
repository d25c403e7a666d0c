"""What every report is made of: the net amount of each account in each asset, read in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from myapp.ledger.asof import AsOf, Scope, nets
from myapp.ledger.books import Book
from myapp.ledger.tables import Account


@dataclass(frozen=True, slots=True)
class Line:
    """One account in one asset; the amount is debits minus credits, in the asset's smallest unit."""

    account: str
    type: str
    asset: str
    net_minor: int


def read_lines(session: Session, book: Book, as_of: AsOf, types: Sequence[str]) -> list[Line]:
    """Return the lines of accounts of these types, by path and asset.

    As in the list of balances, a balance of zero has a line where something was posted, and none elsewhere.
    """
    asked = nets(Scope(book.id), as_of)
    rows = asked.statement.subquery("rows")
    statement = (
        select(Account.path, Account.type, rows.c.asset, rows.c.net)
        .join(rows, rows.c.account_id == Account.id)
        .where(Account.ledger_id == book.id, Account.type.in_(types))
        .order_by(Account.path, rows.c.asset)
    )
    return [Line(*row) for row in session.execute(statement, asked.parameters)]


def summed(lines: Iterable[Line]) -> dict[str, int]:
    """Return the sums by asset; Python's integers hold what 64 bits do not."""
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.asset] = sums.get(line.asset, 0) + line.net_minor
    return dict(sorted(sums.items()))
