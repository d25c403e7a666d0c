"""How the pages write amounts and times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from datetime import time as time_of_day
from decimal import Decimal
from typing import Any

from myapp.ledger.reports.periods import Period
from myapp.ledger.series import Month
from myapp.ledger.views import PostingView, StatementLine


def money(amount: str) -> str:
    """Return a decimal text with its thousands apart: `-1234567.50` is `-1,234,567.50`."""
    sign, digits = ("-", amount[1:]) if amount.startswith("-") else ("", amount)
    whole, dot, decimals = digits.partition(".")
    return f"{sign}{int(whole):,}{dot}{decimals}"


def is_negative(amount: str) -> bool:
    """Tell whether a decimal text is below zero."""
    return amount.startswith("-")


def is_zero(amount: str) -> bool:
    """Tell whether a decimal text is nothing."""
    return not Decimal(amount)


def day(time: datetime) -> str:
    """Return a time as its day, with the hour only where it is not the day's first instant."""
    utc = time.astimezone(UTC)
    return utc.date().isoformat() if utc.time() == time_of_day.min else _utc(utc, "minutes")


def until(time: datetime | None) -> str:
    """Return the end of what is reported: the day that it is the last instant of, or the time."""
    if time is None:
        return "all entries"
    utc = time.astimezone(UTC)
    is_whole = utc.time() == time_of_day.max
    return utc.date().isoformat() if is_whole else moment(utc)


def period(asked: Period) -> str:
    """Return a period by its first and last day."""
    if asked.start is None:
        return "all entries" if asked.end is None else f"to {until(asked.end)}"
    start = asked.start.astimezone(UTC)
    is_whole = start.time() == time_of_day.min
    first = start.date().isoformat() if is_whole else moment(start)
    return f"since {first}" if asked.end is None else f"{first} to {until(asked.end)}"


def moment(time: datetime) -> str:
    """Return a time to the second, in UTC."""
    return _utc(time, "seconds")


def _utc(time: datetime, to: str) -> str:
    # Not by strftime, which writes the year 900 with three digits.
    return time.astimezone(UTC).isoformat(" ", to).removesuffix("+00:00")


def before(posting: PostingView | StatementLine) -> str:
    """Return the balance that a posting or a line of a statement found."""
    # All decimals of the asset stay: these are decimal texts, and no numbers to be rounded.
    return f"{Decimal(posting.balance) - Decimal(posting.amount):f}"


def opposite(amount: str) -> str:
    """Return a decimal text with the other sign."""
    return amount[1:] if amount.startswith("-") else f"-{amount}"


def without(question: Mapping[str, str], name: str) -> dict[str, str]:
    """Return a query without one of its parameters."""
    return {key: value for key, value in question.items() if key != name}


def only(question: Mapping[str, str], *names: str) -> dict[str, str]:
    """Return some of the parameters of a query, as far as they are given."""
    return {name: question[name] for name in names if name in question}


def until_then(question: Mapping[str, str]) -> dict[str, str]:
    """Return what asks a statement for no more than a query for balances counts."""
    return {"to": question["at"]} if question.get("at") else {}


def saved(month: Month) -> str:
    """Return a month's income less its expenses."""
    return f"{Decimal(month.income) - Decimal(month.expenses):f}"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "money": money,
    "is_negative": is_negative,
    "is_zero": is_zero,
    "day": day,
    "moment": moment,
    "until": until,
    "period": period,
    "before": before,
    "opposite": opposite,
    "without": without,
    "only": only,
    "until_then": until_then,
    "saved": saved,
}
