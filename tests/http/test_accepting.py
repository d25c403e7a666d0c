"""Who has more connections than another process leaves the next one to it, if it comes for it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from select import select
from threading import Thread
from typing import Any

import pytest

from myapp.db.shares import Shares
from myapp.http.accepting import accept_evenly
from tests.lifecycle.forking import child_that

# Longer than the other process takes to come for it, on the busiest machine.
COURTESY_S = 1.0


class Listener:
    """What waitress calls a server: it accepts from a socket, and knows its connections."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self.active_channels: dict[int, Any] = {}

    def handle_accept(self) -> None:
        """Accept a connection, if there is one."""
        try:
            connection, _ = self._listening.accept()
        except BlockingIOError:
            return
        self.active_channels[connection.fileno()] = connection

    def close(self) -> None:
        """Close all connections."""
        for descriptor in list(self.active_channels):
            self.drop(descriptor)

    def drop(self, descriptor: int) -> None:
        """Close a connection."""
        self.active_channels[descriptor].close()
        del self.active_channels[descriptor]


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """Give a socket on which nobody accepts yet."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def accept_one(listening: socket.socket, listener: Listener, stack: ExitStack) -> None:
    """Connect, and let the listener accept it as waitress does."""
    stack.enter_context(closing(socket.create_connection(listening.getsockname())))
    listener.handle_accept()


def test_a_process_alone_accepts_everything(listening: socket.socket) -> None:
    with ExitStack() as stack, closing(Listener(listening)) as listener:
        accept_evenly([listener], Shares())  # type: ignore[list-item]
        for _ in range(3):
            accept_one(listening, listener, stack)
        assert len(listener.active_channels) == 3


def test_who_has_more_leaves_a_connection_to_who_has_fewer(listening: socket.socket) -> None:
    shares = Shares()

    def accept_slowly() -> None:
        select([listening], [], [])
        for _ in range(100):
            os.sched_yield()
        listening.accept()

    def accept_later() -> None:
        shares.tell(0)
        Thread(target=accept_slowly).start()

    with ExitStack() as stack, closing(Listener(listening)) as listener:
        accept_evenly([listener], shares, COURTESY_S)  # type: ignore[list-item]
        accept_one(listening, listener, stack)
        stack.enter_context(child_that(accept_later))
        accept_one(listening, listener, stack)
        assert len(listener.active_channels) == 1


def test_who_has_more_accepts_what_nobody_else_does(listening: socket.socket) -> None:
    shares = Shares()
    with ExitStack() as stack, closing(Listener(listening)) as listener:
        accept_evenly([listener], shares)  # type: ignore[list-item]
        accept_one(listening, listener, stack)
        stack.enter_context(child_that(lambda: shares.tell(0)))
        assert shares.is_above_another(1)
        accept_one(listening, listener, stack)
        assert len(listener.active_channels) == 2


def test_connections_are_told_when_they_come_and_when_they_go(listening: socket.socket) -> None:
    shares = Shares()

    def come_and_go(remaining: int) -> Callable[[], None]:
        def serve() -> None:
            with ExitStack() as stack:
                listener = Listener(listening)
                accept_evenly([listener], shares)  # type: ignore[list-item]
                for _ in range(3):
                    accept_one(listening, listener, stack)
                for descriptor in list(listener.active_channels)[remaining:]:
                    listener.drop(descriptor)

        return serve

    for remaining in (3, 1):
        with child_that(come_and_go(remaining)):
            told = [shares.is_above_another(count) for count in (remaining, remaining + 1)]
            assert told == [False, True]


def test_what_a_process_has_on_all_its_addresses_counts_together(listening: socket.socket) -> None:
    shares = Shares()

    def serve_on_two() -> None:
        with socket.create_server(("127.0.0.1", 0)) as other, ExitStack() as stack:
            other.setblocking(False)
            listeners = [Listener(listening), Listener(other)]
            accept_evenly(listeners, shares)  # type: ignore[arg-type]
            for each, listener in (
                (listening, listeners[0]),
                (listening, listeners[0]),
                (other, listeners[1]),
            ):
                accept_one(each, listener, stack)

    with child_that(serve_on_two):
        assert [shares.is_above_another(count) for count in (3, 4)] == [False, True]


def test_an_error_in_counting_closes_no_listener(listening: socket.socket) -> None:
    class Broken(Shares):
        def is_above_another(self, own_share: float) -> bool:
            raise OSError

        tell = is_above_another  # type: ignore[assignment]

    with ExitStack() as stack, closing(Listener(listening)) as listener:
        accept_evenly([listener], Broken())  # type: ignore[list-item]
        accept_one(listening, listener, stack)
        assert len(listener.active_channels) == 1
