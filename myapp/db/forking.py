"""What a fork means to an engine: the child uses nothing that its parent has opened.

A socket that both use would corrupt both conversations. SQLite is worse: what a process knows about its locks
is copied, the locks themselves are not, and the child of a process that has the file open may lose what it
commits (https://www.sqlite.org/howtocorrupt.html, section 2.6).
"""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Callable
from typing import Any, Never

from sqlalchemy import Engine, event

from myapp.db.errors import LifecycleViolation
from myapp.db.late_begin import LateConnection

_REFUSAL = (
    "This process was forked while a connection to the SQLite file was in use, and SQLite would lose what it "
    "writes. Fork when no session is open, or start another program instead of a forked child."
)


def listen(engine: Engine, *, is_file: bool) -> None:
    """Keep a forked child from the engine's connections; `is_file` says that it is for a file of SQLite."""
    opened: weakref.WeakSet[LateConnection] = weakref.WeakSet()

    def note(connection: Any, record: object) -> None:
        if is_file and isinstance(connection, LateConnection):
            opened.add(connection)

    event.listen(engine, "connect", note)
    # The weak reference lets an engine of a test be collected although the hooks stay registered.
    reference = weakref.ref(engine)
    os.register_at_fork(
        before=_of_living(reference, lambda parents: parents.dispose() if is_file else None),
        after_in_child=_of_living(reference, lambda childs: _begin_anew(childs, opened)),
    )


def _of_living(reference: weakref.ref[Engine], do: Callable[[Engine], None]) -> Callable[[], None]:
    return lambda: do(engine) if (engine := reference()) is not None else None


def _begin_anew(engine: Engine, opened: weakref.WeakSet[LateConnection]) -> None:
    engine.dispose(close=False)
    # Those that were idle are closed; what is open was in use, and closing it here would not mend it.
    if any(map(_is_open, opened)):
        event.listen(engine, "do_connect", _refuse)


def _is_open(connection: LateConnection) -> bool:
    try:
        connection.total_changes  # noqa: B018 - asked for its refusal
    except sqlite3.ProgrammingError:
        return False
    return True


def _refuse(*_: object) -> Never:
    raise LifecycleViolation(_REFUSAL)
