"""Turn checked transactions into the rows of one write: netted, sorted, with exact limit extremes.

Several transactions are applied one after another, but written at once. So each balance carries the
lowest point that a decreasing transaction and the highest that an increasing one would reach on the
way: if both are within the limits, every step was.

What a write makes for each of its postings is a Struct: a frozen dataclass takes ten times as long to make,
any other one twice as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from myapp.ledger.dates import day_of, month_of
from myapp.ledger.drafts import Entry
from myapp.ledger.errors import AmountOutOfRange
from myapp.ledger.money import MINOR_MAX


class BalanceDelta(Struct):
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


class PeriodDelta(Struct):
    """What one write does to the totals of one balance row on one effective day, or in one month."""

    balance: BalanceDelta
    # The day or the month, as in `myapp.ledger.dates`.
    period: int
    debits: int = 0
    credits: int = 0
    # The place of its first and of its last posting among those of the write on the balance row, from 1 on.
    first: int = 0
    last: int = 0

    @property
    def after_first(self) -> int:
        """Return how many postings of the write follow the period's first one on the balance row."""
        return self.balance.postings - self.first

    @property
    def after_last(self) -> int:
        """Return how many postings of the write, all of other periods, follow the period's last one."""
        return self.balance.postings - self.last

    def add(self, debits: int, credits_: int) -> Reached:
        """Add the balance row's newest posting, and return what has been reached with it."""
        self.first, self.last = self.first or self.balance.postings, self.balance.postings
        self.debits += debits
        self.credits += credits_
        return Reached(self, self.debits, self.credits)


class Reached(Struct, frozen=True):
    """The totals of a day or a month within one write, just after one of its postings."""

    delta: PeriodDelta
    debits: int
    credits: int

    @property
    def later_debits(self) -> int:
        """Return the debits that follow in the same write; all of it must be known."""
        return self.delta.debits - self.debits

    @property
    def later_credits(self) -> int:
        """Return the credits that follow in the same write; all of it must be known."""
        return self.delta.credits - self.credits


class PlannedPosting(Struct, frozen=True):
    """One posting, with what the write had done by then to its balance row, its day and its month.

    It is counted from the end, once the whole write is known: what the posting leaves behind follows from the
    rows after the write.
    """

    # Of its entry, in the plan.
    entry_number: int
    position: int
    balance: BalanceDelta
    amount: int
    postings: int
    debits: int
    credits: int
    day: Reached
    month: Reached

    @property
    def later(self) -> int:
        """Return the number of the postings that follow on the same balance row in this write."""
        return self.balance.postings - self.postings

    @property
    def remaining_debits(self) -> int:
        """Return the debits of the postings that follow on the same balance row."""
        return self.balance.debits - self.debits

    @property
    def remaining_credits(self) -> int:
        """Return the credits of the postings that follow on the same balance row."""
        return self.balance.credits - self.credits

    @property
    def remaining(self) -> int:
        """Return the sum of the postings that follow on the same balance row."""
        return self.remaining_debits - self.remaining_credits


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows of one write. `balances` are sorted by (account, asset)."""

    entries: tuple[Entry, ...]
    balances: tuple[BalanceDelta, ...]
    postings: tuple[PlannedPosting, ...]
    days: tuple[PeriodDelta, ...]
    months: tuple[PeriodDelta, ...]

    @property
    def asks_limits(self) -> bool:
        """Whether a limit could refuse any of it."""
        return any(each.lowest is not None or each.highest is not None for each in self.balances)


@dataclass(slots=True)
class _Netting:
    balances: dict[tuple[str, str], BalanceDelta] = field(default_factory=dict)
    days: dict[tuple[str, str, int], PeriodDelta] = field(default_factory=dict)
    months: dict[tuple[str, str, int], PeriodDelta] = field(default_factory=dict)
    postings: list[PlannedPosting] = field(default_factory=list)


def plan(entries: Sequence[Entry], *, limited: bool = True) -> Plan:
    """Return the rows that write the entries, in order, as one; where not `limited`, no limit is asked.

    Raises:
        AmountOutOfRange: a total of the write does not fit into 64 bits.
    """
    netting = _Netting()
    for number, entry in enumerate(entries):
        _add_entry(netting, number, entry)
    ordered = numbered(netting.balances.values())
    if not limited:
        for balance in ordered:
            balance.lowest = balance.highest = None
    days, months = tuple(netting.days.values()), tuple(netting.months.values())
    return Plan(tuple(entries), ordered, tuple(netting.postings), days, months)


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


def _add_entry(netting: _Netting, number: int, entry: Entry) -> None:
    day, month = day_of(entry.effective_at), month_of(entry.effective_at)
    before: dict[int, tuple[BalanceDelta, int]] = {}
    for position, posting in enumerate(entry.postings):
        key, amount = (posting.account, posting.asset), posting.amount_minor
        balance = netting.balances.setdefault(key, BalanceDelta(0, *key))
        before.setdefault(id(balance), (balance, balance.net))
        sides = _add_amount(balance, amount)
        reached = (
            netting.days.setdefault((*key, day), PeriodDelta(balance, day)).add(*sides),
            netting.months.setdefault((*key, month), PeriodDelta(balance, month)).add(*sides),
        )
        done = (balance.postings, balance.debits, balance.credits, *reached)
        netting.postings.append(PlannedPosting(number, position, balance, amount, *done))
    for balance, net_before in before.values():
        _widen(balance, net_before)


def _add_amount(balance: BalanceDelta, amount: int) -> tuple[int, int]:
    debits, credits_ = (amount, 0) if amount > 0 else (0, -amount)
    balance.postings += 1
    balance.debits += debits
    balance.credits += credits_
    return debits, credits_


def _widen(balance: BalanceDelta, net_before: int) -> None:
    # Limits are asked of whole transactions: what an account does inside one is netted.
    if balance.net < net_before:
        balance.lowest = balance.net if balance.lowest is None else min(balance.lowest, balance.net)
    elif balance.net > net_before:
        balance.highest = balance.net if balance.highest is None else max(balance.highest, balance.net)
