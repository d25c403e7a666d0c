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


def listen(engine: Engine) -> None:
    """Let a forked child have a pool of its own."""
    os.register_at_fork(after_in_child=of_living(engine, lambda inherited: inherited.dispose(close=False)))


def close_before(engine: Engine) -> None:
    """Close the idle connections to a file of SQLite before a fork.

    If any is in use then, the child is refused every other one.
    """
    opened: weakref.WeakSet[LateConnection] = weakref.WeakSet()

    def note(connection: Any, record: object) -> None:
        if isinstance(connection, LateConnection):
            opened.add(connection)

    def refuse_if_used(inherited: Engine) -> None:
        # What is open now was in use, and closing it here would not mend it.
        if any(map(_is_open, opened)):
            event.listen(inherited, "do_connect", _refuse)

    event.listen(engine, "connect", note)
    os.register_at_fork(before=of_living(engine, Engine.dispose))
    os.register_at_fork(after_in_child=of_living(engine, refuse_if_used))


def of_living(engine: Engine, do: Callable[[Engine], None]) -> Callable[[], None]:
    """Return a hook that does something with the engine, which may be gone by then: the hook keeps it not."""
    reference = weakref.ref(engine)
    return lambda: do(living) if (living := reference()) is not None else None


def _is_open(connection: LateConnection) -> bool:
    try:
        connection.total_changes  # noqa: B018 - asked for its refusal
    except sqlite3.ProgrammingError:
        return False
    return True


def _refuse(*_: object) -> Never:
    raise LifecycleViolation(_REFUSAL)
