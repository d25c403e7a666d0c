"""What a chart shows; the browser draws it, and the same figures stand below it as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from myapp.ledger.series import Month, Point

Chart = dict[str, Any]


def balance(points: Sequence[Point], asset: str) -> Chart:
    """Return the steps of a balance."""
    days = [point.day.isoformat() for point in points]
    return _chart("step", days, asset, {"Balance": [point.balance for point in points]})


def net_worth(months: Sequence[Month], asset: str) -> Chart:
    """Return the net worth at the end of each month."""
    values = [month.net_worth for month in months]
    return _chart("line", _names(months), asset, {"Net worth": values})


def income_and_expenses(months: Sequence[Month], asset: str) -> Chart:
    """Return each month's income beside its expenses."""
    income, expenses = [month.income for month in months], [month.expenses for month in months]
    return _chart("bar", _names(months), asset, {"Income": income, "Expenses": expenses})


def _names(months: Sequence[Month]) -> list[str]:
    return [f"{month.first:%Y-%m}" for month in months]


def _chart(kind: str, labels: list[str], asset: str, series: dict[str, list[str]]) -> Chart:
    named = [{"label": label, "values": values} for label, values in series.items()]
    return {"kind": kind, "labels": labels, "asset": asset, "series": named}
