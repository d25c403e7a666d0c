"""The trial balance: every account with its balance, debit ones in one column and credit ones in another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from myapp.ledger.asof import AsOf
from myapp.ledger.books import Book
from myapp.ledger.money import format_amount
from myapp.ledger.reports.lines import Line, read_lines, summed
from myapp.ledger.reports.table import Row
from myapp.ledger.rules import ACCOUNT_TYPES


@dataclass(frozen=True, slots=True)
class Columns:
    """The two columns; of one balance, at least one is zero."""

    debit: str
    credit: str


@dataclass(frozen=True, slots=True)
class TrialBalanceLine:
    """An account with its balances by asset."""

    account: str
    type: str
    balances: Mapping[str, Columns]


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """All accounts as of an effective time, as known at a recorded time; both columns have equal totals."""

    at: datetime | None
    known_at: datetime | None
    data: Sequence[TrialBalanceLine]
    totals: Mapping[str, Columns]


def read(session: Session, book: Book, as_of: AsOf) -> TrialBalance:
    """Return the trial balance; `book` has all scales."""
    lines = read_lines(session, book, as_of, ACCOUNT_TYPES)
    return TrialBalance(as_of.at, as_of.known_at, _data(lines, book.scales), _totals(lines, book.scales))


def _data(lines: Iterable[Line], scales: Mapping[str, int]) -> list[TrialBalanceLine]:
    balances: dict[tuple[str, str], dict[str, Columns]] = {}
    for line in lines:
        columns = _columns(max(line.net_minor, 0), max(-line.net_minor, 0), scales[line.asset])
        balances.setdefault((line.account, line.type), {})[line.asset] = columns
    return [TrialBalanceLine(*account, by_asset) for account, by_asset in balances.items()]


def _totals(lines: Sequence[Line], scales: Mapping[str, int]) -> dict[str, Columns]:
    debits = summed(line for line in lines if line.net_minor > 0)
    credit_sums = summed(line for line in lines if line.net_minor < 0)
    return {
        asset: _columns(debits.get(asset, 0), -credit_sums.get(asset, 0), scales[asset])
        for asset in summed(lines)
    }


def _columns(debit_minor: int, credit_minor: int, scale: int) -> Columns:
    return Columns(format_amount(debit_minor, scale), format_amount(credit_minor, scale))


def rows(report: TrialBalance) -> Iterator[Row]:
    """Yield the report as a table, debits positive and credits negative: each asset sums to zero."""
    for line in report.data:
        for asset, columns in line.balances.items():
            amount = f"-{columns.credit}" if Decimal(columns.credit) else columns.debit
            yield Row(line.type, line.account, asset, amount)
