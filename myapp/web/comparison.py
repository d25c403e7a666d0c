"""A report beside an earlier one: every amount with what it was then, and the difference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from myapp.ledger.money import format_amount
from myapp.ledger.reports.sections import Section
from myapp.ledger.views import AccountBalances
from myapp.web.tree import Branch, branches

# A report of more lines is shown without its lowest levels; the file has all accounts.
LINES_MAX = 500
Amounts = Mapping[str, str]
Scales = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount in one asset, what it was before, and the change; None where nothing is compared."""

    asset: str
    now: str
    before: str | None
    change: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """A branch of the tree of accounts with its figures."""

    branch: Branch
    figures: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class Part:
    """A section as lines and totals; `left_out` counts the lines that would have been too many."""

    type: str
    lines: Sequence[Line]
    totals: Sequence[Figure]
    left_out: int


def figures(now: Amounts, before: Amounts | None, scales: Scales) -> list[Figure]:
    """Return the figures of amounts by asset; what is missing on one side is zero."""
    assets = sorted(now.keys() | (before or {}).keys())
    return [_figure(asset, now, before, format_amount(0, scales[asset])) for asset in assets]


def _figure(asset: str, now: Amounts, before: Amounts | None, zero: str) -> Figure:
    amount = now.get(asset, zero)
    if before is None:
        return Figure(asset, amount, None, None)
    earlier = before.get(asset, zero)
    return Figure(asset, amount, earlier, f"{Decimal(amount) - Decimal(earlier):f}")


def telling(found: Sequence[Figure]) -> Sequence[Figure]:
    """Return the figures without those that are zero now and were before; all of them if all are."""
    return [each for each in found if Decimal(each.now) or Decimal(each.before or 0)] or found


def added(*amounts: Amounts) -> dict[str, str]:
    """Return the sums by asset."""
    sums: dict[str, Decimal] = {}
    for asset, amount in (each for one in amounts for each in one.items()):
        sums[asset] = sums.get(asset, Decimal(0)) + Decimal(amount)
    return {asset: f"{amount:f}" for asset, amount in sorted(sums.items())}


def part(now: Section, before: Section | None, scales: Scales) -> Part:
    """Return a section beside the same of an earlier report."""
    now_data, before_data = now.data, before.data if before else []
    # An asset that all accounts have got rid of says nothing.
    used = _used([*now_data, *before_data])
    paths = {each.account for each in (*now_data, *before_data)}
    earlier = branches(_only(before_data, used), paths) if before else None
    lines = _lines(branches(_only(now_data, used), paths), earlier, scales)
    kept = _without_root(_few(lines))
    totals = figures(_of(now.totals, used), _of(before.totals, used) if before else None, scales)
    return Part(now.type, kept, totals, len(_without_root(lines)) - len(kept))


def _lines(now: Sequence[Branch], before: Sequence[Branch] | None, scales: Scales) -> list[Line]:
    # Both are made of the same paths, so that they have the same branches in the same order.
    earlier = [None] * len(now) if before is None else [each.balances for each in before]
    pairs = zip(now, earlier, strict=True)
    lines = [Line(branch, figures(branch.balances, then, scales)) for branch, then in pairs]
    return [line for line in lines if line.figures]


def _used(data: Iterable[AccountBalances]) -> set[str]:
    return {asset for each in data for asset, amount in each.balances.items() if Decimal(amount)}


def _only(data: Iterable[AccountBalances], assets: set[str]) -> list[AccountBalances]:
    return [AccountBalances(each.account, _of(each.balances, assets)) for each in data]


def _of(amounts: Amounts, assets: set[str]) -> dict[str, str]:
    return {asset: amount for asset, amount in amounts.items() if asset in assets}


def _few(lines: Sequence[Line]) -> Sequence[Line]:
    deepest = max((line.branch.level for line in lines), default=0)
    while len(lines) > LINES_MAX and deepest > 0:
        deepest -= 1
        lines = [line for line in lines if line.branch.level <= deepest]
    return lines[:LINES_MAX]


def _without_root(lines: Sequence[Line]) -> Sequence[Line]:
    # What all lines have in common, as `Assets` usually, would repeat the section's total.
    roots = [line for line in lines if line.branch.level == 0]
    is_one = len(roots) == 1 and not roots[0].branch.is_account and len(lines) > 1
    return [line for line in lines if not is_one or line.branch.level > 0]
