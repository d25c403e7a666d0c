"""The books as a person would keep them: dictionaries of integers, and the rules in a few lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

# Of debits minus credits, on the side where an account's balance is normally positive.
SIGN = {"assets": 1, "expenses": 1, "liabilities": -1, "equity": -1, "income": -1}

Leg = tuple[str, str, int]
Bounds = tuple[int | None, int | None]


@dataclass
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
    """A transaction that was kept, with its times as the API writes them."""

    id: str
    effective_at: str
    recorded_at: str
    legs: tuple[Leg, ...]
    reverses: str | None = None


@dataclass
class Books:
    """One ledger."""

    scales: dict[str, int]
    accounts: dict[str, Account] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    references: set[str] = field(default_factory=set)

    def refusals(self, legs: Iterable[Leg], reference: str | None = None) -> set[str]:
        """Return the codes with which the legs may be refused; empty when they must be kept."""
        legs = list(legs)
        codes = self._of_the_legs(legs)
        if reference in self.references:
            codes.add("reference_exists")
        for (path, asset), moved in net(legs).items():
            codes |= self._of_the_account(path, asset, moved)
        return codes

    def keep(self, entry: Entry, reference: str | None = None) -> None:
        """Add a transaction, opening the accounts that were not there."""
        self.entries.append(entry)
        self.references |= {reference} if reference is not None else set()
        for path, _, _ in entry.legs:
            self.accounts.setdefault(path, Account(path))

    def balances(self, at: str = "9", known_at: str = "9") -> dict[tuple[str, str], int]:
        """Return debits minus credits by account and asset: what was known then about that time."""
        seen = [each for each in self.entries if each.effective_at <= at and each.recorded_at <= known_at]
        return net(leg for entry in seen for leg in entry.legs)

    def versions(self) -> dict[tuple[str, str], int]:
        """Return how many postings each account has had of each asset."""
        count: dict[tuple[str, str], int] = defaultdict(int)
        for entry in self.entries:
            for path, asset, _ in entry.legs:
                count[path, asset] += 1
        return count

    def _of_the_legs(self, legs: list[Leg]) -> set[str]:
        totals: dict[str, int] = defaultdict(int)
        for _, asset, amount in legs:
            totals[asset] += amount
        codes = {"unbalanced"} if any(totals.values()) else set()
        codes |= {"invalid_amount" for _, _, amount in legs if amount == 0}
        codes |= {"unknown_asset" for _, asset, _ in legs if asset not in self.scales}
        known = self.accounts.keys()
        codes |= {"unknown_account" for path, _, _ in legs if path not in known and not tells_type(path)}
        return codes | ({"invalid_request"} if len(legs) < 2 else set())

    def _of_the_account(self, path: str, asset: str, moved: int) -> set[str]:
        account = self.accounts.get(path)
        if account is None:
            return set()
        codes = {f"account_{account.status}"} if account.status != "open" else set()
        lowest, highest = account.limits.get(asset, (None, None))
        towards = account.sign * moved
        after = account.sign * self.balances().get((path, asset), 0) + towards
        if towards < 0 and lowest is not None and after < lowest:
            codes.add("insufficient_funds")
        if towards > 0 and highest is not None and after > highest:
            codes.add("limit_exceeded")
        return codes


def net(legs: Iterable[Leg]) -> dict[tuple[str, str], int]:
    """Return the sum of the legs by account and asset."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for path, asset, amount in legs:
        sums[path, asset] += amount
    return dict(sums)


def tells_type(path: str) -> bool:
    """Tell whether an account can be opened by its path alone."""
    return path.partition(":")[0] in SIGN
