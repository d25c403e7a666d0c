"""waitress with our dispatcher and connections in this process, on a socket, and clients that ask it."""

from __future__ import annotations

import http.client
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from threading import Event, Lock, Thread, get_ident
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from myapp.http.dispatch import LeaderDispatcher
from myapp.http.wire import StrictChannel

LONG_S = 60.0
# After it somebody else leads, before a person would notice.
SHORT_S = 0.001
MEBIBYTE = 1024 * 1024
GET = b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n"

Views = dict[str, Callable[[], Iterable[bytes] | None]]


class Waiting:
    """A view that waits until it may go on."""

    def __init__(self) -> None:
        self.began, self.goes_on = Event(), Event()

    def __call__(self) -> None:
        """Tell that it began, and wait."""
        self.began.set()
        assert self.goes_on.wait(LONG_S)


class Crowd:
    """A view that counts how many are in it at once, and which threads were."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self.most = 0
        self.threads: set[int] = set()

    def __call__(self) -> None:
        """Let go of the interpreter inside, as a request does that reads from a socket."""
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
            self.threads.add(get_ident())
        for _ in range(10):
            os.sched_yield()
        with self._lock:
            self._inside -= 1


class Ending:
    """Something in the server's loop that raises when told to: as a signal ends it, or as it fails."""

    accepting = False

    def __init__(self) -> None:
        self.failure: BaseException | None = None
        self.raised = 0

    def readable(self) -> bool:
        """Raise what there is to raise."""
        if self.failure is not None:
            self.raised += 1
            raise self.failure
        return False

    def writable(self) -> bool:
        """Say that there is nothing to write."""
        return False


class Served:
    """waitress with our dispatcher and these views, by path, in a thread of this process."""

    def __init__(self, views: Views, dispatcher: LeaderDispatcher) -> None:
        self._views = views
        self._ending = Ending()
        self.dispatcher = dispatcher
        self._sockets: dict[int, Any] = {-1: self._ending}
        # Whoever is not woken sleeps for longer than any test waits.
        limits = {"outbuf_high_watermark": MEBIBYTE, "asyncore_loop_timeout": 10 * LONG_S}
        self._server = create_server(
            self._answer, map=self._sockets, _dispatcher=dispatcher, listen="127.0.0.1:0", **limits
        )
        self._server.channel_class = StrictChannel
        self.address = ("127.0.0.1", self._server.socket.getsockname()[1])
        self.woken = 0
        self._wake, self._server.pull_trigger = self._server.pull_trigger, self._count_and_wake
        dispatcher.lead(self._server, [self._server])
        self.raised: list[BaseException] = []
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        body = self._views[environ["PATH_INFO"][1:]]()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"done"] if body is None else body

    def _count_and_wake(self) -> None:
        self.woken += 1
        self._wake()

    def _run(self) -> None:
        try:
            self._server.run()
        except Exception as error:
            self.raised.append(error)

    @property
    def channels(self) -> list[Any]:
        """Return the connections as the server has them."""
        return list(self._server.active_channels.values())

    def channels_may_be_silent(self, for_s: float) -> None:
        """Let a client take nothing for so long."""
        self._server.adj.channel_timeout = for_s

    def connect(self) -> http.client.HTTPConnection:
        """Return a new connection to it."""
        return http.client.HTTPConnection(*self.address, timeout=LONG_S)

    def end(self, failure: BaseException) -> None:
        """Let this be raised in the loop, and see that the server and all threads end."""
        self._ending.failure = failure
        self._server.trigger.pull_trigger()
        self._thread.join(LONG_S)
        assert not self._thread.is_alive()
        self.dispatcher.shutdown(timeout=LONG_S)
        assert not self.dispatcher.threads
        assert self._ending.raised == 1
        # The rest ends with the process elsewhere.
        del self._sockets[-1]
        wasyncore.close_all(self._sockets)


@contextmanager
def served(requests_max: int, patience_s: float = LONG_S, **views: Any) -> Iterator[Served]:
    """Serve these views until the block ends."""
    server = Served(views, LeaderDispatcher(requests_max, patience_s))
    try:
        yield server
    finally:
        server.end(SystemExit())
    assert server.raised == []


class Clients:
    """So many connections that ask at once."""

    def __init__(self, server: Served, stack: ExitStack, count: int) -> None:
        self._connections = [stack.enter_context(closing(server.connect())) for _ in range(count)]

    def ask(self, path: str) -> None:
        """Send a request on each, and wait for no answer."""
        for each in self._connections:
            each.request("GET", f"/{path}")

    def are_answered(self) -> bool:
        """Wait for the answers."""
        return all(each.getresponse().read() == b"done" for each in self._connections)


@contextmanager
def clients_of(server: Served, count: int) -> Iterator[Clients]:
    """Give so many connections."""
    with ExitStack() as stack:
        yield Clients(server, stack, count)


@contextmanager
def beside_one_that_waits(
    requests_max: int, patience_s: float, **views: Any
) -> Iterator[tuple[Served, Waiting]]:
    """Serve these views while a request of `waiting` is under way, which goes on at the end at the latest."""
    waiting = Waiting()
    with served(requests_max, patience_s, waiting=waiting, **views) as server, clients_of(server, 1) as slow:
        slow.ask("waiting")
        assert waiting.began.wait(LONG_S)
        yield server, waiting
        waiting.goes_on.set()
        assert slow.are_answered()


def wait_until(is_so: Callable[[], bool]) -> None:
    """Return once something is so."""
    deadline_s = time.monotonic() + LONG_S
    while not is_so():
        assert time.monotonic() < deadline_s
        os.sched_yield()


def read_all(client: socket.socket, count: int) -> None:
    """Read so many answers."""
    read = b""
    while read.count(b"done") < count:
        part = client.recv(65_536)
        assert part
        read += part


@contextmanager
def behind_one_that_waits(
    requests_max: int, following: bytes, **views: Any
) -> Iterator[tuple[Served, Waiting, socket.socket]]:
    """Serve these views to a client that has sent more behind a request of `waiting`, which is under way."""
    waiting = Waiting()
    with (
        served(requests_max, SHORT_S, waiting=waiting, **views) as server,
        socket.create_connection(server.address, timeout=LONG_S) as client,
    ):
        client.sendall(GET % b"waiting" + following)
        assert waiting.began.wait(LONG_S)
        yield server, waiting, client
