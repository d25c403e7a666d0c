"""What can be asked of the books: balances at any time, on two axes, rolled up; statements; receipts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from tests.model.books import Books, Entry
from tests.model.legs import Key, Leg, net

# A leg, and the balance and the version that it made.
Receipt = tuple[Leg, int, int]


class Times(NamedTuple):
    """What took effect by a time, as it was known by another; both inclusive, None for no bound."""

    at: datetime | None = None
    known_at: datetime | None = None


NOW = Times()


def seen(books: Books, times: Times) -> list[Leg]:
    """Return the legs that count at these times."""
    at, known_at = times
    known = [each for each in books.entries if known_at is None or each.recorded_at <= known_at]
    return [leg for each in known if at is None or each.effective_at <= at for leg in each.legs]


def balances(books: Books, times: Times) -> dict[Key, int]:
    """Return debits minus credits by account and asset, of those that had a posting."""
    return net(seen(books, times))


def version(books: Books, key: Key, times: Times) -> int:
    """Return how many postings a balance was known to have, whenever they took effect."""
    return sum(leg[:2] == key for leg in seen(books, Times(known_at=times.known_at)))


def amounts(books: Books, path: str, asset: str, times: Times) -> dict[str, int]:
    """Return all that an account shows of an asset; holds are a thing of the present."""
    moved = [leg[2] for leg in seen(books, times) if leg[:2] == (path, asset)]
    debits, credits_ = sum(max(0, each) for each in moved), sum(max(0, -each) for each in moved)
    held_debits, held_credits = books.holds.pending(path, asset) if times == NOW else (0, 0)
    sign = books.accounts[path].sign
    normal = sign * (debits - credits_)
    return {
        "balance": debits - credits_,
        "normal_balance": normal,
        "available": normal - (held_credits if sign > 0 else held_debits),
        "debits": debits,
        "credits": credits_,
        "pending_debits": held_debits,
        "pending_credits": held_credits,
    }


def rolled_up(balances: dict[Key, int], depth: int) -> dict[Key, int]:
    """Return balances by ancestor: by so many segments of the path."""
    return net(
        (":".join(path.split(":")[:depth]), asset, amount) for (path, asset), amount in balances.items()
    )


def receipts(books: Books) -> Iterator[tuple[Entry, list[Receipt]]]:
    """Yield each transaction with its legs, and the balance and the version that each of them made."""
    nets: dict[Key, int] = defaultdict(int)
    versions: dict[Key, int] = defaultdict(int)
    for entry in books.entries:
        made = []
        for path, asset, amount in entry.legs:
            nets[path, asset] += amount
            versions[path, asset] += 1
            made.append(((path, asset, amount), nets[path, asset], versions[path, asset]))
        yield entry, made


def statement(
    books: Books, key: Key, first: datetime, last: datetime
) -> tuple[int, list[tuple[str, int, int]], int]:
    """Return the balance before a range, the lines (transaction, amount, balance) within, and that after."""
    moved = [
        (entry.effective_at, entry.id, leg[2])
        for entry in sorted(books.entries, key=lambda entry: entry.effective_at)
        for leg in entry.legs
        if leg[:2] == key
    ]
    opening = balance = sum(amount for moment, _, amount in moved if moment < first)
    lines = []
    for _, entry_id, amount in [each for each in moved if first <= each[0] <= last]:
        balance += amount
        lines.append((entry_id, amount, balance))
    return opening, lines, balance
