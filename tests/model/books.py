"""The books as a person would keep them: dictionaries of integers, and the rules in a few lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from tests.model.holds import Holds
from tests.model.legs import Key, Leg, Legs, net

# Of debits minus credits, on the side where an account's balance is normally positive.
SIGN = {"assets": 1, "expenses": 1, "liabilities": -1, "equity": -1, "income": -1}

Bounds = tuple[int | None, int | None]


@dataclass(frozen=True)
class Account:
    """One account; limits are of its normal side, None where there is none."""

    path: str
    status: str = "open"
    limits: dict[str, Bounds] = field(default_factory=dict)

    @property
    def sign(self) -> int:
        return SIGN[self.path.partition(":")[0]]


@dataclass(frozen=True)
class Entry:
    """A transaction that was kept; `trip` is all its metadata."""

    id: str
    effective_at: datetime
    recorded_at: datetime
    legs: Legs
    reference: str | None = None
    trip: str | None = None
    reverses: str | None = None


@dataclass
class Books:
    """One ledger."""

    scales: dict[str, int]
    accounts: dict[str, Account] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    nets: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    versions: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    holds: Holds = field(default_factory=Holds)

    def copy(self) -> Books:
        """Return books of their own; holds are shared, as no transaction changes them."""
        return replace(
            self,
            accounts=dict(self.accounts),
            entries=list(self.entries),
            nets=self.nets.copy(),
            versions=self.versions.copy(),
        )

    def to_post(self, legs: Legs, reference: str | None = None) -> set[str]:
        """Return the codes with which a transaction may be refused; empty when it must be kept."""
        taken = reference is not None and reference in {each.reference for each in self.entries}
        return self._refusals(legs, [legs]) | ({"reference_exists"} if taken else set())

    def to_hold(self, legs: Legs, reference: str | None, expires_at: datetime | None) -> set[str]:
        """Return the codes with which a hold may be refused: its two sides are asked for one by one."""
        sides = [[leg for leg in legs if leg[2] > 0], [leg for leg in legs if leg[2] < 0]]
        return self._refusals(legs, sides) | self.holds.to_place(reference, expires_at)

    def to_capture(self, hold: int, legs: Legs | None) -> set[str]:
        """Return the codes with which a capture may be refused; no limit is among them."""
        if closed := self.holds.to_end(hold):
            return closed
        asked = self.holds.left(hold) if legs is None else legs
        exceeds = {"capture_exceeds_hold"} if self.holds.less(hold, asked) is None else set()
        return self._refusals(asked, []) | exceeds

    def to_reverse(self, entry: Entry) -> set[str]:
        """Return the codes with which a reversal may be refused."""
        if self.reversed_by(entry.id) is not None:
            return {"already_reversed"}
        return self.to_post(reverse(entry.legs))

    def reversed_by(self, entry_id: str) -> str | None:
        return next((each.id for each in self.entries if each.reverses == entry_id), None)

    def keep(self, entry: Entry) -> None:
        """Add a transaction."""
        self.entries.append(entry)
        self.open_for(entry.legs)
        for path, asset, amount in entry.legs:
            self.nets[path, asset] += amount
            self.versions[path, asset] += 1

    def open_for(self, legs: Legs) -> None:
        """Open the accounts that are not there yet."""
        for path, _, _ in legs:
            self.accounts.setdefault(path, Account(path))

    def _refusals(self, legs: Legs, moves: Iterable[Iterable[Leg]]) -> set[str]:
        codes = self._of_the_legs(legs)
        for account in (self.accounts.get(path) for path, _, _ in legs):
            codes |= {f"account_{account.status}"} if account and account.status != "open" else set()
        for move in moves:
            for (path, asset), moved in net(move).items():
                codes |= self._of_the_limits(path, asset, moved)
        return codes

    def _of_the_legs(self, legs: Legs) -> set[str]:
        totals: dict[str, int] = defaultdict(int)
        for _, asset, amount in legs:
            totals[asset] += amount
        codes = {"unbalanced"} if any(totals.values()) else set()
        codes |= {"invalid_amount" for _, _, amount in legs if amount == 0}
        codes |= {"unknown_asset" for _, asset, _ in legs if asset not in self.scales}
        known = self.accounts.keys()
        codes |= {"unknown_account" for path, _, _ in legs if path not in known and not tells_type(path)}
        return codes | ({"invalid_request"} if len(legs) < 2 else set())

    def _of_the_limits(self, path: str, asset: str, moved: int) -> set[str]:
        account = self.accounts.get(path)
        if account is None:
            return set()
        lowest, highest = account.limits.get(asset, (None, None))
        balance, towards = account.sign * self.nets.get((path, asset), 0), account.sign * moved
        coming, leaving = self.holds.pending(path, asset)[:: account.sign]
        if towards < 0 and lowest is not None and balance - leaving + towards < lowest:
            return {"insufficient_funds"}
        if towards > 0 and highest is not None and balance + coming + towards > highest:
            return {"limit_exceeded"}
        return set()


def reverse(legs: Legs) -> Legs:
    """Return the opposite."""
    return tuple((path, asset, -amount) for path, asset, amount in legs)


def tells_type(path: str) -> bool:
    """Tell whether an account can be opened by its path alone."""
    return path.partition(":")[0] in SIGN
