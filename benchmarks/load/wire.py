"""HTTP as a cheap client speaks it: one thread, kept-alive connections, on each one request at a time."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

# Longer than a server may work on a request: five attempts, each waiting five seconds for a lock.
ANSWER_TIMEOUT_S = 40.0
_READ_BYTES = 262_144
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_SHOWN_BYTES = 500


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as its bytes, with the number of transactions that its success acknowledges."""

    content: bytes
    transactions: int = 1


Requests = Iterator[Sent]


@dataclass(frozen=True)
class Answered:
    """What a turn of load came to: every request was answered with a success."""

    requests: int
    transactions: int
    seconds: float
    client_cpu_s: float


@dataclass(slots=True)
class _Connection:
    """One client: what it sends, what it has read of the answer, and what it is waiting for."""

    socket: socket.socket
    requests: Requests
    awaited: Sent | None = None
    parts: list[bytes] = field(default_factory=list)
    missing_bytes: int = 0

    def send_next(self) -> bool:
        """Send the next request; return False where there is none."""
        self.awaited = next(self.requests, None)
        if self.awaited is None:
            return False
        # What does not fit into the socket's buffer waits for the server, which reads all of a request first.
        self.socket.sendall(self.awaited.content)
        return True

    def is_answered(self) -> bool:
        """Read what has arrived, and tell whether the answer is whole.

        Raises:
            RuntimeError: it is no success, or the server hung up.
        """
        read = self.socket.recv(_READ_BYTES)
        if not read:
            raise RuntimeError("The server closed a connection that was waiting for an answer.")
        if not self.parts:
            self.missing_bytes = _answer_bytes(read)
        self.parts.append(read)
        self.missing_bytes -= len(read)
        if self.missing_bytes > 0:
            return False
        self.parts.clear()
        return True


def _answer_bytes(begin: bytes) -> int:
    # Every server sends the head in one piece, together with the status: no more than that is relied on.
    head, found, _ = begin.partition(_HEAD_END)
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(_LENGTH)]
    if not begin.startswith((b"HTTP/1.1 201 ", b"HTTP/1.1 200 ")) or not found or not lengths:
        raise RuntimeError(f"This is no success: {begin[:_SHOWN_BYTES]!r}")
    return len(head) + len(_HEAD_END) + int(lengths[0].removeprefix(_LENGTH))


def drive(port: int, clients: Sequence[Requests], seconds: float = float("inf")) -> Answered:
    """Let every client send for so long, or until it has nothing left, and wait for the last answers.

    Raises:
        RuntimeError: an answer is no success.
        TimeoutError: an answer does not come.
    """
    connections = [_Connection(_connected(port), requests) for requests in clients]
    try:
        return _drive(connections, seconds)
    finally:
        for connection in connections:
            connection.socket.close()


def _connected(port: int) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_TIMEOUT_S)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def _drive(connections: Sequence[_Connection], seconds: float) -> Answered:
    requests = transactions = 0
    began_cpu_s, began_s = time.process_time(), time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            if connection.send_next():
                selector.register(connection.socket, selectors.EVENT_READ, connection)
        while selector.get_map():
            for connection in _readable(selector):
                if not connection.is_answered():
                    continue
                requests += 1
                transactions += connection.awaited.transactions if connection.awaited else 0
                over = time.perf_counter() - began_s >= seconds
                if over or not connection.send_next():
                    selector.unregister(connection.socket)
        ended_s = time.perf_counter()
    return Answered(requests, transactions, ended_s - began_s, time.process_time() - began_cpu_s)


def _readable(selector: selectors.BaseSelector) -> list[_Connection]:
    events = selector.select(ANSWER_TIMEOUT_S)
    if not events:
        raise TimeoutError(f"No answer came within {ANSWER_TIMEOUT_S:g} seconds.")
    return [key.data for key, _ in events]
