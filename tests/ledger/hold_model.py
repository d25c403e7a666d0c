"""Holds as a few lines of Python: what is posted, what is held, and what may still be held or posted.

Amounts are whole units, times are ticks, and bounds are of debits minus credits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

# A signed amount on an account.
Leg = tuple[str, int]


@dataclass
class ModelHold:
    """A hold; `left` is what each of its postings still holds."""

    legs: list[Leg]
    left: list[int]
    ends: int | None
    status: str = "open"
    captures: int = 0


@dataclass
class HoldModel:
    """One ledger with one asset."""

    nets: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    bounds: dict[str, tuple[int | None, int | None]] = field(
        default_factory=lambda: defaultdict(lambda: (None, None))
    )
    holds: list[ModelHold] = field(default_factory=list)
    tick: int = 0

    def status(self, hold: ModelHold) -> str:
        overdue = hold.status == "open" and hold.ends is not None and hold.ends <= self.tick
        return "expired" if overdue else hold.status

    def left(self, hold: ModelHold) -> list[Leg]:
        """Return what a hold still holds, posting by posting."""
        if self.status(hold) != "open":
            return []
        return [(account, left) for (account, _), left in zip(hold.legs, hold.left, strict=True) if left]

    def pending(self, account: str) -> tuple[int, int]:
        """Return pending debits and credits."""
        held = [amount for hold in self.holds for path, amount in self.left(hold) if path == account]
        return sum(amount for amount in held if amount > 0), -sum(amount for amount in held if amount < 0)

    def post(self, legs: list[Leg]) -> set[str]:
        """Post; return the accounts that refuse, and do nothing then."""
        refused = {
            account for account in _paths(legs) if not self._has_room(account, *[_net(legs, account)] * 2)
        }
        if not refused:
            self._add(legs)
        return refused

    def place(self, legs: list[Leg], ends: int | None) -> set[str]:
        """Hold, without netting; return the accounts that refuse, and do nothing then."""
        refused = set()
        for account in _paths(legs):
            out = sum(amount for path, amount in legs if path == account and amount < 0)
            in_ = sum(amount for path, amount in legs if path == account and amount > 0)
            if not self._has_room(account, out, in_):
                refused.add(account)
        if not refused:
            self.holds.append(ModelHold(legs, [amount for _, amount in legs], ends))
        return refused

    def capture(self, hold: ModelHold, legs: list[Leg] | None, *, final: bool) -> str:
        """Capture; return the code of the refusal, an empty text where there is none."""
        if refused := self._not_open(hold):
            return refused
        asked = self.left(hold) if legs is None else legs
        left = list(hold.left)
        for account, amount in asked:
            for number in _same_side(hold, account, amount):
                taken = min(abs(amount), abs(left[number])) * (1 if amount > 0 else -1)
                left[number] -= taken
                amount -= taken
            if amount:
                return "capture_exceeds_hold"
        self._add(asked)
        hold.captures += 1
        hold.left = left
        if final or not any(left):
            hold.status = "captured"
        return ""

    def void(self, hold: ModelHold) -> str:
        """Void; return the code of the refusal, an empty text where there is none."""
        if refused := self._not_open(hold):
            return refused
        hold.status = "voided"
        return ""

    def _not_open(self, hold: ModelHold) -> str:
        return {"open": "", "expired": "hold_expired"}.get(self.status(hold), "hold_not_open")

    def _has_room(self, account: str, out: int, in_: int) -> bool:
        (lowest, highest), (debits, credits_) = self.bounds[account], self.pending(account)
        net = self.nets[account]
        below = out < 0 and lowest is not None and net - credits_ + out < lowest
        above = in_ > 0 and highest is not None and net + debits + in_ > highest
        return not (below or above)

    def _add(self, legs: Iterable[Leg]) -> None:
        for account, amount in legs:
            self.nets[account] += amount


def _paths(legs: list[Leg]) -> set[str]:
    return {account for account, _ in legs}


def _net(legs: list[Leg], account: str) -> int:
    return sum(amount for path, amount in legs if path == account)


def _same_side(hold: ModelHold, account: str, amount: int) -> Iterator[int]:
    for number, (path, held) in enumerate(hold.legs):
        if path == account and (held > 0) == (amount > 0):
            yield number
