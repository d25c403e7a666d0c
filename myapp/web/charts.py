"""What a chart shows; the browser draws it, and the same figures stand below it as a table."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from myapp.ledger.money import format_amount
from myapp.ledger.reports.balance_sheet import BalanceSheet
from myapp.ledger.reports.income_statement import IncomeStatement
from myapp.ledger.series import Curve, Month
from myapp.web.comparison import Scales
from myapp.web.formatting import period, until

# More bars than these are too thin to be told apart on a phone.
LARGEST_MAX = 10
Chart = dict[str, Any]


def balance(curve: Curve, asset: str) -> Chart | None:
    """Return the steps of a balance; None where there is no day to show."""
    if not curve.points:
        return None
    days = [point.day.isoformat() for point in curve.points]
    steps = _chart("step", days, asset, {"Balance": [point.balance for point in curve.points]})
    return {**steps, "every": curve.every}


def net_worth(months: Sequence[Month], asset: str) -> Chart:
    """Return the net worth at the end of each month."""
    values = [month.net_worth for month in months]
    return _chart("line", _names(months), asset, {"Net worth": values})


def income_and_expenses(months: Sequence[Month], asset: str) -> Chart:
    """Return each month's income beside its expenses."""
    income, expenses = [month.income for month in months], [month.expenses for month in months]
    return _chart("bar", _names(months), asset, {"Income": income, "Expenses": expenses})


def balance_sheet(now: BalanceSheet, before: BalanceSheet | None, asset: str, scales: Scales) -> Chart:
    """Return assets, liabilities and equity, beside what they were."""
    zero = format_amount(0, scales[asset])
    sheets = {until(now.at): now} if before is None else {until(now.at): now, until(before.at): before}
    series = {label: _sides(sheet, asset, zero) for label, sheet in sheets.items()}
    return _chart("bar", ["Assets", "Liabilities", "Equity"], asset, series, heading="Section")


def _sides(sheet: BalanceSheet, asset: str, zero: str) -> list[str]:
    assets, liabilities, equity = (section.totals.get(asset, zero) for section in sheet.sections)
    # The net income to date is the owners', too.
    complete = Decimal(equity) + Decimal(sheet.net_income.get(asset, zero))
    return [assets, liabilities, f"{complete:f}"]


def largest_expenses(
    now: IncomeStatement, before: IncomeStatement | None, asset: str, scales: Scales
) -> Chart | None:
    """Return the accounts that most was spent on, beside what they were; None where nothing was."""
    zero = format_amount(0, scales[asset])
    spent = _spent(now, asset)
    largest = sorted(spent, key=lambda path: abs(Decimal(spent[path])), reverse=True)[:LARGEST_MAX]
    if not largest:
        return None
    series = {period(now.period): [spent[path] for path in largest]}
    if before is not None:
        then = _spent(before, asset)
        series[period(before.period)] = [then.get(path, zero) for path in largest]
    return _chart("across", largest, asset, series, heading="Account")


def _spent(statement: IncomeStatement, asset: str) -> dict[str, str]:
    _, expenses = statement.sections
    return {each.account: each.balances[asset] for each in expenses.data if asset in each.balances}


def _names(months: Sequence[Month]) -> list[str]:
    return [month.first.isoformat()[: len("2026-01")] for month in months]


def _chart(
    kind: str, labels: list[str], asset: str, series: dict[str, list[str]], heading: str = "Time"
) -> Chart:
    named = [{"label": label, "values": values} for label, values in series.items()]
    return {"kind": kind, "labels": labels, "asset": asset, "series": named, "heading": heading}
