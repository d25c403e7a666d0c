"""How the pages write amounts and times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from myapp.ledger.series import Month
from myapp.ledger.views import PostingView


def money(amount: str) -> str:
    """Return a decimal text with its thousands apart: `-1234567.50` is `-1,234,567.50`."""
    sign, digits = ("-", amount[1:]) if amount.startswith("-") else ("", amount)
    whole, dot, decimals = digits.partition(".")
    return f"{sign}{int(whole):,}{dot}{decimals}"


def is_negative(amount: str) -> bool:
    """Tell whether a decimal text is below zero."""
    return amount.startswith("-")


def day(time: datetime) -> str:
    """Return a time as its day, with the hour only where it is not the day's first instant."""
    utc = time.astimezone(UTC)
    first = utc == utc.replace(hour=0, minute=0, second=0, microsecond=0)
    return utc.strftime("%Y-%m-%d") if first else utc.strftime("%Y-%m-%d %H:%M")


def moment(time: datetime) -> str:
    """Return a time to the second, in UTC."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def before(posting: PostingView) -> str:
    """Return the balance that a posting found."""
    # All decimals of the asset stay: these are decimal texts, and no numbers to be rounded.
    return f"{Decimal(posting.balance) - Decimal(posting.amount):f}"


def opposite(amount: str) -> str:
    """Return a decimal text with the other sign."""
    return amount[1:] if amount.startswith("-") else f"-{amount}"


def without(question: Mapping[str, str], name: str) -> dict[str, str]:
    """Return a query without one of its parameters."""
    return {key: value for key, value in question.items() if key != name}


def saved(month: Month) -> str:
    """Return a month's income less its expenses."""
    return f"{Decimal(month.income) - Decimal(month.expenses):f}"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "money": money,
    "is_negative": is_negative,
    "day": day,
    "moment": moment,
    "before": before,
    "opposite": opposite,
    "without": without,
    "saved": saved,
}
