"""The books as a few lines of Python: what every write must come to, one posting after another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime

from myapp.ledger.dates import day_of, month_of
from myapp.ledger.drafts import Entry

Key = tuple[str, str]


@dataclass
class ModelRow:
    """One asset on one account; `lowest` and `highest` bound debits minus credits."""

    debits: int = 0
    credits: int = 0
    postings: list[tuple[int, int]] = field(default_factory=list)  # (amount, balance after it)
    days: dict[int, tuple[int, int]] = field(default_factory=dict)
    months: dict[int, tuple[int, int]] = field(default_factory=dict)
    lowest: int | None = None
    highest: int | None = None

    @property
    def net(self) -> int:
        return self.debits - self.credits

    def add(self, moment: datetime, amount: int) -> None:
        self.debits += max(0, amount)
        self.credits += max(0, -amount)
        for totals, number in ((self.days, day_of(moment)), (self.months, month_of(moment))):
            debits, credits_ = totals.get(number, (0, 0))
            totals[number] = (debits + max(0, amount), credits_ + max(0, -amount))
        self.postings.append((amount, self.net))


class Model:
    """The balances of one ledger."""

    def __init__(self) -> None:
        self.rows: dict[Key, ModelRow] = defaultdict(ModelRow)

    def limit(self, key: Key, lowest: int | None, highest: int | None) -> None:
        self.rows[key].lowest, self.rows[key].highest = lowest, highest

    def write(self, entries: Sequence[Entry]) -> set[tuple[str, str]]:
        """Apply the entries, all or none; return each account that refuses, with `below` or `above`."""
        rows = deepcopy(self.rows)
        refused = set()
        for entry in entries:
            before = {key: row.net for key, row in rows.items()}
            for posting in entry.postings:
                key = (posting.account, posting.asset)
                rows[key].add(entry.effective_at, posting.amount_minor)
            for (account, _), row in ((key, rows[key]) for key in touched(entry)):
                moved = row.net - before.get((account, _), 0)
                if moved < 0 and row.lowest is not None and row.net < row.lowest:
                    refused.add((account, "below"))
                if moved > 0 and row.highest is not None and row.net > row.highest:
                    refused.add((account, "above"))
        if not refused:
            self.rows = rows
        return refused


def touched(entry: Entry) -> set[Key]:
    return {(posting.account, posting.asset) for posting in entry.postings}
