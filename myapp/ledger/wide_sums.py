"""Sums over several balances, which may leave 64 bits although each balance fits.

SQLite refuses such a sum, and so does PostgreSQL's BIGINT. So the two halves of each number are summed apart,
and put together in Python, exactly.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, literal_column

from myapp.ledger.types import Int64

_WORD_BITS: ColumnElement[int] = literal_column("32", Int64)
_WORD_MASK: ColumnElement[int] = literal_column(str(2**32 - 1), Int64)


def halves_of(amount: ColumnElement[int]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Return the two columns, `high` and `low`, that sum an amount."""
    high = func.sum(amount.op(">>")(_WORD_BITS)).label("high")
    low = func.sum(amount.op("&")(_WORD_MASK)).label("low")
    return high, low


def sum_of(row: Any) -> int:
    """Return the sum that a row with both halves tells."""
    return (int(row.high) << 32) + int(row.low)
