"""Holds in plain Python: what is set aside, until it is captured, voided, or its time is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.model.legs import Legs

# The model's time begins here, and goes on by ticks, for as long as a program says.
START = datetime(2026, 2, 28, 9, tzinfo=UTC)
TICK = timedelta(hours=5)


@dataclass
class Hold:
    """A hold; `left` is what each of its legs still holds."""

    id: str
    legs: Legs
    left: list[int]
    expires_at: datetime | None
    recorded_at: datetime
    reference: str | None
    trip: str | None
    status: str = "open"
    captures: list[str] = field(default_factory=list)


@dataclass
class Holds:
    """The holds of one ledger, in the order in which they were placed."""

    kept: list[Hold] = field(default_factory=list)
    now: datetime = START

    def status(self, hold: int) -> str:
        each = self.kept[hold]
        overdue = each.status == "open" and each.expires_at is not None and each.expires_at <= self.now
        return "expired" if overdue else each.status

    def left(self, hold: int) -> Legs:
        """Return what a hold still holds, leg by leg."""
        if self.status(hold) != "open":
            return ()
        each = self.kept[hold]
        return tuple((*leg[:2], left) for leg, left in zip(each.legs, each.left, strict=True) if left)

    def pending(self, path: str, asset: str) -> tuple[int, int]:
        """Return pending debits and credits."""
        left = [leg for hold in range(len(self.kept)) for leg in self.left(hold)]
        amounts = [amount for *key, amount in left if key == [path, asset]]
        return sum(max(0, amount) for amount in amounts), sum(max(0, -amount) for amount in amounts)

    def accounts(self) -> set[str]:
        return {path for hold in self.kept for path, _, _ in hold.legs}

    def to_place(self, reference: str | None, expires_at: datetime | None) -> set[str]:
        """Return the codes with which a hold as such may be refused, whatever its legs."""
        taken = reference is not None and reference in {each.reference for each in self.kept}
        over = expires_at is not None and expires_at <= self.now
        return ({"reference_exists"} if taken else set()) | ({"invalid_request"} if over else set())

    def to_end(self, hold: int) -> set[str]:
        """Return the code with which a hold refuses to be captured or voided."""
        refused = {"open": None, "expired": "hold_expired"}.get(self.status(hold), "hold_not_open")
        return {refused} if refused else set()

    def less(self, hold: int, legs: Legs) -> list[int] | None:
        """Return what is left when the legs are taken from a hold, None when they exceed it.

        A leg takes from those of its account, asset and side, the first ones first.
        """
        left = list(self.kept[hold].left)
        for path, asset, amount in legs:
            for number, (*key, _) in enumerate(self.kept[hold].legs):
                if key == [path, asset] and left[number] * amount > 0:
                    taken = min(amount, left[number], key=abs)
                    left[number] -= taken
                    amount -= taken
            if amount:
                return None
        return left

    def capture(self, hold: int, legs: Legs, transaction: str, *, final: bool) -> None:
        """Take the legs from a hold; let go of the rest when it is final, or there is none."""
        each = self.kept[hold]
        each.left = self.less(hold, legs) or each.left
        each.captures.append(transaction)
        if final or not any(each.left):
            each.status = "captured"

    def void(self, hold: int) -> None:
        self.kept[hold].status = "voided"
