"""Connections go to the process that has the fewest.

Processes that share an address are all woken by a new connection, and whoever is quicker has it. Of eight
connections that stay open, one process of two often had them all, and the other one nothing to do. So who
has more than another waits for a moment before it takes one more.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from waitress.server import BaseWSGIServer

from myapp.db.shares import Shares

# Long enough for another process to wake up, and too short for a client to notice if it is busy.
_COURTESY_S = 0.001


class OpenConnections(dict[int, Any]):
    """A listener's connections by descriptor, as waitress keeps them; each change is told to the others."""

    def __init__(self, shares: Shares) -> None:
        super().__init__()
        self._shares = shares
        self._tell()

    def __setitem__(self, descriptor: int, channel: Any) -> None:
        super().__setitem__(descriptor, channel)
        self._tell()

    def __delitem__(self, descriptor: int) -> None:
        super().__delitem__(descriptor)
        self._tell()

    def are_more_than_anothers(self) -> bool:
        """Tell whether another living process has fewer."""
        return self._shares.is_above_another(len(self))

    def _tell(self) -> None:
        self._shares.tell(len(self))


def accept_evenly(
    listeners: Iterable[BaseWSGIServer], shares: Shares, courtesy_s: float = _COURTESY_S
) -> None:
    """Let this process's listeners be considerate of the other processes that have these shares."""
    for listener in listeners:
        listener.active_channels = connections = OpenConnections(shares)
        listener.handle_accept = _considerate(listener.handle_accept, connections, courtesy_s)


def _considerate(accept: Any, connections: OpenConnections, courtesy_s: float) -> Any:
    def accept_if_nobody_else_does() -> None:
        if connections.are_more_than_anothers():
            time.sleep(courtesy_s)
        # Where another one was quicker there is nothing to accept any more, which waitress takes for granted.
        accept()

    return accept_if_nobody_else_does
