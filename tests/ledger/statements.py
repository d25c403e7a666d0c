"""The SQL that an engine really sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


@contextmanager
def recorded(engine: Engine) -> Iterator[list[str]]:
    """Yield a list that fills with every statement sent, BEGIN, COMMIT and ROLLBACK among them."""
    sent: list[str] = []

    def execute(
        conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: Any
    ) -> None:
        sent.append(statement)

    def end(word: str) -> Any:
        def note(connection: Any) -> None:
            sent.append(word)

        return note

    listeners = [("before_cursor_execute", execute)]
    listeners += [(name, end(name.upper())) for name in ("begin", "commit", "rollback")]
    for name, listener in listeners:
        event.listen(engine, name, listener)
    try:
        yield sent
    finally:
        for name, listener in listeners:
            event.remove(engine, name, listener)
