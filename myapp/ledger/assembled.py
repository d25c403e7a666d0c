"""A statement over given rows, assembled once for each database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Result
from sqlalchemy.orm import Session

from myapp.ledger.dialects import is_postgresql
from myapp.ledger.kit import POSTGRESQL, SQLITE, Kit
from myapp.ledger.sources import Source


class Assembled:
    """One statement for both databases, whose text is the same however many rows `source` is given."""

    def __init__(self, source: Source, assemble: Callable[[Kit], Any]) -> None:
        """Assemble it with each database's kit."""
        self._source = source
        self._on_postgresql = assemble(POSTGRESQL)
        self._on_sqlite = assemble(SQLITE)

    def run(self, session: Session, rows: Iterable[Sequence[Any]], **parameters: Any) -> Result[Any]:
        """Execute it with these rows."""
        if is_postgresql(session):
            return session.execute(self._on_postgresql, {**parameters, **self._source.objects(rows)})
        return session.execute(self._on_sqlite, {**parameters, **self._source.text(rows)})
