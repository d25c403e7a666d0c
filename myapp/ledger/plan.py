"""Turn checked transactions into the rows of one write: netted, sorted, with exact limit extremes.

Several transactions are applied one after another, but written at once. So each balance carries the
lowest point that a decreasing transaction and the highest that an increasing one would reach on the
way: if both are within the limits, every step was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from myapp.ledger.drafts import Entry
from myapp.ledger.errors import AmountOutOfRange
from myapp.ledger.money import MINOR_MAX

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class BalanceDelta:
    """What one write does to one balance row; all amounts in the smallest unit."""

    number: int
    account: str
    asset: str
    debits: int = 0
    credits: int = 0
    postings: int = 0
    # Relative to the balance before the write; None where nothing moves that way.
    lowest: int | None = None
    highest: int | None = None

    @property
    def net(self) -> int:
        """Return debits minus credits."""
        return self.debits - self.credits


@dataclass(frozen=True, slots=True)
class PlannedPosting:
    """One posting, counted from the end: its version and balance follow from the row after the write."""

    entry: Entry
    position: int
    balance: BalanceDelta
    amount: int
    # The number and the sum of the postings that follow on the same balance row in this write.
    later: int
    remaining: int


@dataclass(frozen=True, slots=True)
class DayDelta:
    """What one write does to the totals of one balance row on one effective day."""

    balance: BalanceDelta
    day: int
    debits: int
    credits: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows of one write. `balances` are sorted by (account, asset)."""

    entries: tuple[Entry, ...]
    balances: tuple[BalanceDelta, ...]
    postings: tuple[PlannedPosting, ...]
    days: tuple[DayDelta, ...]


@dataclass(slots=True)
class _Netting:
    balances: dict[tuple[str, str], BalanceDelta] = field(default_factory=dict)
    days: dict[tuple[str, str, int], list[int]] = field(default_factory=dict)
    # (entry, position, balance, amount, postings so far, net so far) in order.
    steps: list[tuple[Entry, int, BalanceDelta, int, int, int]] = field(default_factory=list)


def plan(entries: Sequence[Entry], *, limited: bool = True) -> Plan:
    """Return the rows that write the entries, in order, as one; where not `limited`, no limit is asked.

    Raises:
        AmountOutOfRange: a total of the write does not fit into 64 bits.
    """
    netting = _Netting()
    for entry in entries:
        _add_entry(netting, entry)
    ordered = numbered(netting.balances.values())
    if not limited:
        for balance in ordered:
            balance.lowest = balance.highest = None
    postings = tuple(
        PlannedPosting(entry, position, balance, amount, balance.postings - count, balance.net - net)
        for entry, position, balance, amount, count, net in netting.steps
    )
    days = tuple(
        DayDelta(netting.balances[account, asset], day, debits, credits_)
        for (account, asset, day), (debits, credits_) in netting.days.items()
    )
    return Plan(tuple(entries), ordered, postings, days)


def day_of(moment: datetime) -> int:
    """Return the day, in UTC, as a number of days since 1970-01-01."""
    return (moment - _EPOCH).days


def numbered(balances: Iterable[BalanceDelta]) -> tuple[BalanceDelta, ...]:
    """Return the balances sorted and numbered.

    Raises:
        AmountOutOfRange: a total does not fit into 64 bits.
    """
    ordered = sorted(balances, key=lambda balance: (balance.account, balance.asset))
    for number, balance in enumerate(ordered):
        balance.number = number
        if max(balance.debits, balance.credits) > MINOR_MAX:
            raise AmountOutOfRange(f"The total of {balance.asset} on {balance.account} exceeds 64 bits.")
    return tuple(ordered)


def _add_entry(netting: _Netting, entry: Entry) -> None:
    day = day_of(entry.effective_at)
    before: dict[int, tuple[BalanceDelta, int]] = {}
    for position, posting in enumerate(entry.postings):
        key = (posting.account, posting.asset)
        balance = netting.balances.setdefault(key, BalanceDelta(0, *key))
        before.setdefault(id(balance), (balance, balance.net))
        _add_amount(netting, balance, day, posting.amount_minor)
        step = (entry, position, balance, posting.amount_minor, balance.postings, balance.net)
        netting.steps.append(step)
    for balance, net_before in before.values():
        _widen(balance, net_before)


def _add_amount(netting: _Netting, balance: BalanceDelta, day: int, amount: int) -> None:
    totals = netting.days.setdefault((balance.account, balance.asset, day), [0, 0])
    balance.postings += 1
    if amount > 0:
        balance.debits += amount
        totals[0] += amount
    else:
        balance.credits -= amount
        totals[1] -= amount


def _widen(balance: BalanceDelta, net_before: int) -> None:
    # Limits are asked of whole transactions: what an account does inside one is netted.
    if balance.net < net_before:
        balance.lowest = balance.net if balance.lowest is None else min(balance.lowest, balance.net)
    elif balance.net > net_before:
        balance.highest = balance.net if balance.highest is None else max(balance.highest, balance.net)
