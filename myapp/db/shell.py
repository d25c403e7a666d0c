"""The pshell set-up: a transaction already begun, `commit()` and `abort()` by hand, abort at exit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from transaction import TransactionManager

from myapp.db.joining import join
from myapp.db.owner import Mode
from myapp.db.session import SessionFactory

BANNER = (
    "A transaction is open. commit() keeps your changes, abort() drops them; each begins the next one\n"
    "with a new dbsession. Leaving the shell without commit() changes nothing."
)


class ShellTransaction:
    """What the shell's `commit()` and `abort()` act on; `env` is the namespace the shell shows."""

    def __init__(self, factory: SessionFactory, env: dict[str, Any]) -> None:
        self._factory = factory
        self._env = env
        self._manager = TransactionManager(explicit=True)

    def begin(self) -> None:
        """Begin, and put the new session into the shell's namespace."""
        self._manager.begin()
        session = self._factory(Mode.WRITE, interactive=True)
        join(session, self._manager)
        self._env |= {"dbsession": session, "tm": self._manager}
        if (request := self._env.get("request")) is not None:
            # pshell's request never passes the tweens; both names must mean the same session.
            request.__dict__["dbsession"] = session
            request.__dict__["tm"] = self._manager

    def commit(self) -> None:
        """Keep the changes and begin anew; after a failure nothing is kept, and the shell is usable."""
        try:
            self._manager.commit()
        finally:
            self.abort()

    def abort(self) -> None:
        """Drop the changes and begin anew."""
        self.end()
        self.begin()

    def end(self) -> None:
        """Drop what was not committed."""
        if self._manager._txn is not None:
            self._manager.abort()


@contextmanager
def shell_transaction(env: dict[str, Any]) -> Iterator[None]:
    """Give pshell's environment a session for as long as the shell is open."""
    shell = ShellTransaction(env["registry"]["dbsession_factory"], env)
    env |= {"commit": shell.commit, "abort": shell.abort}
    shell.begin()
    try:
        yield
    finally:
        shell.end()
