"""The order in which transactions are written: each behind the one that it reverses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from myapp.ledger.restoring.contents import KeptTransaction


def originals_first(transactions: Iterable[KeptTransaction]) -> Iterator[KeptTransaction]:
    """Yield the transactions in their order, but none before what it reverses.

    The file's order is by time, and a clock may have been set back between a transaction and its reversal.
    """
    waiting: dict[UUID, KeptTransaction] = {}
    seen: set[UUID] = set()
    for each in transactions:
        if each.reverses is not None and each.reverses not in seen:
            waiting[each.reverses] = each
            continue
        ready: KeptTransaction | None = each
        while ready is not None:
            seen.add(ready.id)
            yield ready
            ready = waiting.pop(ready.id, None)
