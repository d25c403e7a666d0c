"""The statements that an application sends, without those that cost the database nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from webtest import TestApp

_FREE = re.compile(r"\s*(PRAGMA|BEGIN|SAVEPOINT|RELEASE|ROLLBACK)", re.IGNORECASE)


@contextmanager
def counted(app: TestApp) -> Iterator[list[str]]:
    """Yield a list that fills with what is sent."""
    engine = app.app.registry["dbsession_factory"].engine
    statements: list[str] = []

    def count(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not _FREE.match(statement):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    yield statements
    event.remove(engine, "before_cursor_execute", count)
