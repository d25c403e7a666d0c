"""The order in which rows are put back: a reversal behind what it reverses, which is in its own table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from myapp.ledger.backup.lines import Row
from myapp.ledger.core import TXN

_COLUMNS = TXN.columns.keys()
_LEDGER_ID, _ID, _REVERSES = (_COLUMNS.index(name) for name in ("ledger_id", "id", "reverses"))


def originals_first(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows of `txn`, which come in the order of their keys, but none before what it reverses.

    An id begins with its time, so a reversal nearly always comes later; a clock that was set back, or an id
    that was brought along, makes it come earlier. Only such rows are kept in memory.
    """
    waiting: dict[tuple[Any, Any], Row] = {}
    late: set[tuple[Any, Any]] = set()
    for row in rows:
        original = row[_LEDGER_ID], row[_REVERSES]
        if row[_REVERSES] is not None and (str(row[_REVERSES]) > str(row[_ID]) or original in late):
            waiting[original] = row
            late.add(_key(row))
            continue
        ready: Row | None = row
        while ready is not None:
            yield ready
            late.discard(_key(ready))
            ready = waiting.pop(_key(ready), None)
    # What reverses nothing that is there is the foreign key's to refuse.
    yield from waiting.values()


def _key(row: Row) -> tuple[Any, Any]:
    return row[_LEDGER_ID], row[_ID]
