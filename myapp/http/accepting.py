"""Connections go to the process that has the fewest.

Processes that share an address are all woken by a new connection, and whoever is quicker has it. Of eight
connections that stay open, one process of two often had them all, and the other one nothing to do. So who
has more than another waits for a moment before it takes one more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from waitress.server import BaseWSGIServer

from myapp.db.shares import Shares

# Long enough for another process to wake up, and too short for a client to notice if it is busy.
_COURTESY_S = 0.001


class OpenConnections(dict[int, Any]):
    """A listener's connections by descriptor, as waitress keeps them; each change is told to `changed`."""

    def __init__(self, changed: Callable[[], None]) -> None:
        super().__init__()
        self._changed = changed

    def __setitem__(self, descriptor: int, channel: Any) -> None:
        super().__setitem__(descriptor, channel)
        self._changed()

    def __delitem__(self, descriptor: int) -> None:
        super().__delitem__(descriptor)
        self._changed()


class Door:
    """All listeners of a process, which is considerate of the other processes that have these shares."""

    def __init__(self, shares: Shares, courtesy_s: float) -> None:
        self._shares = shares
        self._courtesy_s = courtesy_s
        self._open: list[OpenConnections] = []

    def put_before(self, listener: BaseWSGIServer) -> None:
        """Let a listener wait where another process has fewer connections."""
        accept = listener.handle_accept
        listener.active_channels = connections = OpenConnections(self._tell)
        self._open.append(connections)

        def accept_if_nobody_else_does() -> None:
            # waitress would close the listener over an error, and counting is not worth that.
            with suppress(OSError):
                if self._shares.is_above_another(self._count()):
                    time.sleep(self._courtesy_s)
            # Where another one was quicker there is nothing to accept any more, which waitress knows.
            accept()

        listener.handle_accept = accept_if_nobody_else_does
        self._tell()

    def _count(self) -> int:
        return sum(map(len, self._open))

    def _tell(self) -> None:
        with suppress(OSError):
            self._shares.tell(self._count())


def accept_evenly(
    listeners: Iterable[BaseWSGIServer], shares: Shares, courtesy_s: float = _COURTESY_S
) -> None:
    """Let this process's listeners be considerate of the other processes that have these shares."""
    door = Door(shares, courtesy_s)
    for listener in listeners:
        door.put_before(listener)
