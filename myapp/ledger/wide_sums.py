"""Sums that may leave 64 bits although each number fits: of several balances, or of one and its holds.

PostgreSQL's BIGINT refuses such a sum. SQLite refuses that of an aggregate, and goes on with a rounded float
elsewhere. So the two halves of each number are added apart, and put together where there is room, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add, sub
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal_column

from myapp.ledger.money import MINOR_MAX
from myapp.ledger.types import Int64


def halves_of(amount: ColumnElement[int]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Return the two columns, `high` and `low`, that sum an amount."""
    return func.sum(_high(amount)).label("high"), func.sum(_low(amount)).label("low")


def sum_of(row: Any) -> int:
    """Return the sum that a row with both halves tells."""
    return (int(row.high) << 32) + int(row.low)


def within_64_bits(
    added: Sequence[ColumnElement[int]], taken: Sequence[ColumnElement[int]]
) -> ColumnElement[int]:
    """Return some numbers less others; where no amount is so large or so small, the one that is nearest."""
    highs, lows = (reduce(sub, map(half, taken), reduce(add, map(half, added))) for half in (_high, _low))
    # What the lower halves carry belongs to the upper ones.
    high = highs + _high(lows)
    return case(
        (high >= _number(2**31), _number(MINOR_MAX)),
        (high < _number(-(2**31)), _number(-MINOR_MAX)),
        else_=high * _number(2**32) + _low(lows),
    )


def _high(number: ColumnElement[int]) -> ColumnElement[int]:
    return number.bitwise_rshift(_number(32))


def _low(number: ColumnElement[int]) -> ColumnElement[int]:
    return number.bitwise_and(_number(2**32 - 1))


def _number(value: int) -> ColumnElement[int]:
    return literal_column(str(value), Int64)
