"""The lines of a trial balance beside those of an earlier one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from myapp.ledger.money import format_amount
from myapp.ledger.reports.trial_balance import Columns, TrialBalance
from myapp.web.comparison import LINES_MAX, Scales


@dataclass(frozen=True, slots=True)
class Sides:
    """Both columns in one asset, what they were before, and by how much debits less credits changed."""

    asset: str
    now: Columns
    before: Columns | None
    change: str | None


@dataclass(frozen=True, slots=True)
class TrialLine:
    """An account with its sides by asset."""

    account: str
    sides: Sequence[Sides]


@dataclass(frozen=True, slots=True)
class Trial:
    """All accounts of both times and the totals; `left_out` counts the accounts that would be too many."""

    lines: Sequence[TrialLine]
    totals: Sequence[Sides]
    left_out: int


def beside(now: TrialBalance, before: TrialBalance | None, scales: Scales) -> Trial:
    """Return a trial balance beside an earlier one, if there is one."""
    current = {line.account: line.balances for line in now.data}
    earlier = {line.account: line.balances for line in before.data} if before else None
    accounts = sorted(current.keys() | (earlier or {}).keys())
    lines = [
        TrialLine(
            account,
            _sides(current.get(account, {}), None if earlier is None else earlier.get(account, {}), scales),
        )
        for account in accounts[:LINES_MAX]
    ]
    totals = _sides(now.totals, before.totals if before else None, scales)
    return Trial(lines, totals, len(accounts) - len(lines))


def _sides(now: Mapping[str, Columns], before: Mapping[str, Columns] | None, scales: Scales) -> list[Sides]:
    assets = sorted(now.keys() | (before or {}).keys())
    return [_side(asset, now, before, format_amount(0, scales[asset])) for asset in assets]


def _side(asset: str, now: Mapping[str, Columns], before: Mapping[str, Columns] | None, zero: str) -> Sides:
    nothing = Columns(zero, zero)
    current = now.get(asset, nothing)
    if before is None:
        return Sides(asset, current, None, None)
    earlier = before.get(asset, nothing)
    return Sides(asset, current, earlier, f"{_net(current) - _net(earlier):f}")


def _net(columns: Columns) -> Decimal:
    return Decimal(columns.debit) - Decimal(columns.credit)
