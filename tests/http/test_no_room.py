"""A long body is kept in a file until all of it has come; where that fails, the service says so."""

from __future__ import annotations

import resource
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPResponse
from pathlib import Path

import pytest
from waitress.adjustments import Adjustments

from myapp.http import parsing
from tests.http.led import GET, read_all
from tests.http.test_wire import connected, hello

# From here on the server keeps a body in a file; and what is more than a file may have on the full disk.
# No more is sent in each case, so that nothing is unread when the server closes.
FIRST_IN_FILE = Adjustments.inbuf_overflow
TOO_MUCH = FIRST_IN_FILE + 100_000
HEADS = {
    "its length": b"Content-Length: 2000000\r\n\r\n",
    "chunks": b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % TOO_MUCH,
}


@contextmanager
def missing_folder() -> Iterator[None]:
    """Let the folder for temporary files be gone."""
    before, tempfile.tempdir = tempfile.tempdir, str(Path(__file__) / "missing")
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file of the process grow so far: the operating system refuses to write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (TOO_MUCH - 1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(("no_room", "sent"), [(missing_folder, FIRST_IN_FILE), (full_disk, TOO_MUCH)])
@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_body_for_which_there_is_no_room_is_answered(
    no_room: Callable[[], AbstractContextManager[None]],
    sent: int,
    head: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with connected(hello) as client:
        host, port = client.getpeername()
        with no_room():
            client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\n%b%b" % (head, bytes(sent)))
            answer = HTTPResponse(client)
            answer.begin()
            assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
            assert b'"unavailable"' in answer.read()
            assert client.recv(1) == b""
        with socket.create_connection((host, port)) as another:
            another.sendall(GET % b"")
            read_all(another, 1)
    assert [record.name for record in caplog.records] == [parsing.__name__]
