"""waitress as we set it up: any descriptor, and connections that are written to and closed in order."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread, get_ident
from typing import Any

import pytest
from pyramid.request import Request

from myapp.http.wire import StrictChannel, make_server
from tests.http.led import (
    GET,
    LONG_S,
    MEBIBYTE,
    SHORT_S,
    Waiting,
    behind_one_that_waits,
    read_all,
    served,
    wait_until,
)

# What `select()` can look at.
DESCRIPTORS = 1024
ASKING_FIRST = b"POST /%s HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.fixture
def full() -> Iterator[None]:
    """Leave no small descriptor to anybody."""
    with ExitStack() as stack:
        while True:
            descriptor = os.dup(0)
            stack.callback(os.close, descriptor)
            if descriptor > DESCRIPTORS:
                break
        yield


def hello(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done"]


@contextmanager
def connected(app: Callable[..., Iterable[bytes]]) -> Iterator[socket.socket]:
    """Serve an application, and give a connection to it."""
    ended = Event()

    def beat() -> None:
        if ended.is_set():
            raise SystemExit

    server = make_server(app, {"listen": "127.0.0.1:0", "threads": 1}, beat)
    serving = Thread(target=server.run)
    serving.start()
    try:
        with socket.create_connection(server.socket.getsockname(), timeout=LONG_S) as client:
            yield client
    finally:
        ended.set()
        serving.join(LONG_S)
        server.close()
    assert not serving.is_alive()


@pytest.mark.usefixtures("full")
def test_a_connection_with_a_large_descriptor_is_served() -> None:
    with connected(hello) as client:
        assert client.fileno() > DESCRIPTORS
        client.sendall(GET % b"")
        read_all(client, 1)


@pytest.mark.parametrize("size", [2, 2 * MEBIBYTE], ids=["in memory", "in a file"])
@pytest.mark.parametrize(
    "head", [b"Content-Length: %d", b"Transfer-Encoding: chunked"], ids=["with its length", "in chunks"]
)
def test_a_body_can_be_read_again_and_is_not_copied(size: int, head: bytes) -> None:
    seen: list[tuple[bool, bytes, bytes]] = []

    def read_twice(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        as_sent = environ["wsgi.input"]
        bodies = []
        for _ in range(2):
            request = Request(environ)
            request.make_body_seekable()
            bodies.append(request.body)
        seen.append((environ["wsgi.input"] is as_sent, *bodies))
        return hello(environ, start_response)

    body = os.urandom(size)
    sent = b"%x\r\n%b\r\n0\r\n\r\n" % (size, body) if b"chunked" in head else body
    with connected(read_twice) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\n%b\r\n\r\n" % head.replace(b"%d", b"%d" % size))
        client.sendall(sent)
        read_all(client, 1)
    assert seen == [(True, body, body)]


def test_who_waits_to_send_a_body_is_told_once_to_go_on() -> None:
    following = ASKING_FIRST % b"next"
    with behind_one_that_waits(2, following, next=lambda: None) as (_, waiting, client):
        waiting.goes_on.set()
        read = b""
        while not read.endswith(CONTINUE):
            read += client.recv(65_536)
        assert read.count(CONTINUE) == 1
        client.sendall(b"{}")
        read_all(client, 1)


def test_a_connection_is_closed_by_nobody_who_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    close, serve, waiting = StrictChannel.handle_close, StrictChannel.service, Waiting()
    serving: set[int] = set()
    closed_while_serving: list[bool] = []

    def handle_close(channel: Any) -> None:
        closed_while_serving.append(get_ident() in serving)
        close(channel)

    def service(channel: Any) -> None:
        serving.add(get_ident())
        serve(channel)
        serving.remove(get_ident())

    monkeypatch.setattr(StrictChannel, "handle_close", handle_close)
    monkeypatch.setattr(StrictChannel, "service", service)
    with served(2, SHORT_S, waiting=waiting) as server:
        with socket.create_connection(server.address, timeout=LONG_S) as client:
            client.sendall(GET % b"waiting" + ASKING_FIRST % b"waiting")
            assert waiting.began.wait(LONG_S)
            wait_until(lambda: server.channels[0].request is not None)
            # The client is gone with a reset, which only who writes to it learns.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        waiting.goes_on.set()
        wait_until(lambda: bool(closed_while_serving))
    assert not any(closed_while_serving)


def test_nothing_is_written_between_the_end_of_a_request_and_what_follows() -> None:
    with (
        served(2, fine=lambda: None) as server,
        socket.create_connection(server.address, timeout=LONG_S) as client,
    ):
        client.sendall(GET % b"fine")
        read_all(client, 1)
        (channel,) = server.channels
        written = Event()

        def write() -> None:
            channel.handle_write()
            written.set()

        with channel.requests_lock:
            writing = Thread(target=write)
            writing.start()
            assert not written.wait(0.1)
        assert written.wait(LONG_S)
        writing.join()
