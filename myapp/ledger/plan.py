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
    """One posting, counted from the end: what it leaves behind follows from the rows after the write."""

    entry: Entry
    position: int
    balance: BalanceDelta
    amount: int
    # The number and the totals of the postings that follow on the same balance row in this write.
    later: int
    remaining_debits: int
    remaining_credits: int
    # The totals of those among them that are of the same effective day.
    day: DayDelta
    later_debits: int
    later_credits: int

    @property
    def remaining(self) -> int:
        """Return the sum of the postings that follow on the same balance row."""
        return self.remaining_debits - self.remaining_credits


@dataclass(slots=True)
class DayDelta:
    """What one write does to the totals of one balance row on one effective day."""

    balance: BalanceDelta
    day: int
    debits: int = 0
    credits: int = 0
    # The place of its first and of its last posting among those of the write on the balance row, from 1 on.
    first: int = 0
    last: int = 0

    @property
    def after_first(self) -> int:
        """Return how many postings of the write follow the day's first one on the balance row."""
        return self.balance.postings - self.first

    @property
    def after_last(self) -> int:
        """Return how many postings of the write, all of other days, follow the day's last one."""
        return self.balance.postings - self.last


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows of one write. `balances` are sorted by (account, asset)."""

    entries: tuple[Entry, ...]
    balances: tuple[BalanceDelta, ...]
    postings: tuple[PlannedPosting, ...]
    days: tuple[DayDelta, ...]


@dataclass(slots=True)
class _Step:
    """One posting, with what the write had done by then to its balance row and to its day."""

    entry: Entry
    position: int
    balance: BalanceDelta
    amount: int
    postings: int
    debits: int
    credits: int
    day: DayDelta
    day_debits: int
    day_credits: int

    def counted_back(self) -> PlannedPosting:
        """Return the posting, once it is known what the whole write does."""
        return PlannedPosting(
            self.entry,
            self.position,
            self.balance,
            self.amount,
            self.balance.postings - self.postings,
            self.balance.debits - self.debits,
            self.balance.credits - self.credits,
            self.day,
            self.day.debits - self.day_debits,
            self.day.credits - self.day_credits,
        )


@dataclass(slots=True)
class _Netting:
    balances: dict[tuple[str, str], BalanceDelta] = field(default_factory=dict)
    days: dict[tuple[str, str, int], DayDelta] = field(default_factory=dict)
    steps: list[_Step] = field(default_factory=list)


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
    postings = tuple(step.counted_back() for step in netting.steps)
    return Plan(tuple(entries), ordered, postings, tuple(netting.days.values()))


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
    number = day_of(entry.effective_at)
    before: dict[int, tuple[BalanceDelta, int]] = {}
    for position, posting in enumerate(entry.postings):
        key, amount = (posting.account, posting.asset), posting.amount_minor
        balance = netting.balances.setdefault(key, BalanceDelta(0, *key))
        day = netting.days.setdefault((*key, number), DayDelta(balance, number))
        before.setdefault(id(balance), (balance, balance.net))
        _add_amount(balance, day, amount)
        done = (balance.postings, balance.debits, balance.credits, day, day.debits, day.credits)
        netting.steps.append(_Step(entry, position, balance, amount, *done))
    for balance, net_before in before.values():
        _widen(balance, net_before)


def _add_amount(balance: BalanceDelta, day: DayDelta, amount: int) -> None:
    balance.postings += 1
    day.first, day.last = day.first or balance.postings, balance.postings
    if amount > 0:
        balance.debits += amount
        day.debits += amount
    else:
        balance.credits -= amount
        day.credits -= amount


def _widen(balance: BalanceDelta, net_before: int) -> None:
    # Limits are asked of whole transactions: what an account does inside one is netted.
    if balance.net < net_before:
        balance.lowest = balance.net if balance.lowest is None else min(balance.lowest, balance.net)
    elif balance.net > net_before:
        balance.highest = balance.net if balance.highest is None else max(balance.highest, balance.net)
