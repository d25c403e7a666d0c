"""A client that costs little: one thread keeps a few connections busy, and parses no more than it must.

It runs on the cores of the servers it measures, and costs each of them the same. A server that closes its
connection after an answer, as gunicorn's sync workers do, is connected to again.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from selectors import EVENT_READ, DefaultSelector
from typing import Self

HOST = "127.0.0.1"
CONNECTIONS = 8
# No answer takes this long, unless a server hangs; then the run ends instead of waiting for ever.
PATIENCE_S = 20.0

_HEAD_ENDS = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_TYPE = re.compile(rb"\r\ncontent-type: *([^;\r]+)", re.IGNORECASE)


class AnswerError(RuntimeError):
    """A server gave no answer, or one that is no success: nothing can be measured with it."""


@dataclass(frozen=True)
class Answer:
    """One whole answer."""

    head: bytes
    body: bytes

    @property
    def status(self) -> int:
        """Return the status of the answer."""
        return int(self.head[9:12])

    @property
    def media_type(self) -> str:
        """Return the media type, without its parameters."""
        found = _TYPE.search(self.head)
        return found.group(1).decode() if found else ""

    @property
    def is_last(self) -> bool:
        """Say whether the server closes the connection after it."""
        return _CLOSE.search(self.head) is not None


class Connection:
    """A connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._received = b""
        self.socket = self._connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()

    def ask(self, request: bytes) -> None:
        """Send a request."""
        self.socket.sendall(request)

    def receive(self) -> Answer | None:
        """Take what has arrived; return the answer once it is whole.

        Raises:
            AnswerError: the server closed the connection, or did not say how long its answer is.
        """
        arrived = self.socket.recv(65536)
        if not arrived:
            raise AnswerError(f"The server closed the connection: {self._received!r}")
        self._received += arrived
        head, end, body = self._received.partition(_HEAD_ENDS)
        if not end or len(body) < _length(head):
            return None
        self._received = b""
        return Answer(head, body)

    def reopen(self) -> None:
        """Connect again."""
        self.socket = self._connect()

    def _connect(self) -> socket.socket:
        opened = socket.create_connection((HOST, self._port), timeout=PATIENCE_S)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened


def _length(head: bytes) -> int:
    found = _LENGTH.search(head)
    if found is None:
        raise AnswerError(f"The length of an answer is not said: {head!r}")
    return int(found.group(1))


def ask_once(port: int, request: bytes) -> Answer:
    """Send one request on a connection of its own."""
    with Connection(port) as connection:
        connection.ask(request)
        while (answer := connection.receive()) is None:
            pass
        return answer


def answers_per_s(port: int, requests: Iterator[bytes], seconds: float) -> float:
    """Keep all connections busy for so long, and return how many answers a second came.

    Raises:
        AnswerError: an answer was no success, or none came.
    """
    with ExitStack() as stack:
        connections = [stack.enter_context(Connection(port)) for _ in range(CONNECTIONS)]
        selector = stack.enter_context(DefaultSelector())
        return _Turn(selector, connections, requests).play(seconds)


class _Turn:
    """One turn at one server: after its time nothing is sent, and what is under way is waited for."""

    def __init__(
        self, selector: DefaultSelector, connections: list[Connection], requests: Iterator[bytes]
    ) -> None:
        self._selector = selector
        self._connections = connections
        self._requests = requests
        self._answers = 0

    def play(self, seconds: float) -> float:
        began_s = time.perf_counter()
        for connection in self._connections:
            self._ask(connection)
        while self._selector.get_map():
            waiting = self._selector.select(PATIENCE_S)
            if not waiting:
                raise AnswerError(f"No answer came for {PATIENCE_S:g} seconds.")
            is_over = time.perf_counter() - began_s >= seconds
            for key, _ in waiting:
                self._take(key.data, is_over=is_over)
        return self._answers / (time.perf_counter() - began_s)

    def _ask(self, connection: Connection) -> None:
        connection.ask(next(self._requests))
        self._selector.register(connection.socket, EVENT_READ, connection)

    def _take(self, connection: Connection, *, is_over: bool) -> None:
        answer = connection.receive()
        if answer is None:
            return
        if not 200 <= answer.status < 300:
            raise AnswerError(f"An answer was no success: {answer!r}")
        self._answers += 1
        if not is_over and not answer.is_last:
            connection.ask(next(self._requests))
            return
        self._selector.unregister(connection.socket)
        # At once, because a sync worker of gunicorn waits for it before it serves the next connection.
        connection.socket.close()
        if not is_over:
            connection.reopen()
            self._ask(connection)
