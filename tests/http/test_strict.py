"""Requests that can be read in two ways, as raw bytes over a socket to a served application."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from myapp.schema import upgrade
from tests.serving import Server, served

BODY = b'{"name": "smuggled"}'
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
IN_CHUNKS = b"Transfer-Encoding: chunked\r\n"
TO_JSON = b"Content-Type: application/json\r\n"
TO_BE_KEPT = b"Connection: keep-alive\r\n"
HOST = b"Host: localhost\r\n"
BARE = b"Host: localhost\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    """What came back before the server closed, or before nothing more was to come."""

    status: int
    headers: dict[str, str]
    body: bytes
    rest: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@pytest.fixture(scope="module", params=["development.ini"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("strict")
    url = f"sqlite:///{folder}/strict.sqlite"
    upgrade(url)
    with served(request.param, url, folder) as running:
        yield running


def tell(server: Server, request: bytes) -> Answer:
    """Send bytes, say that no more will come, and read all that is answered."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, rest = received.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
    length = int(headers["content-length"])
    return Answer(int(lines[0].split()[1]), headers, rest[:length], rest[length:])


def refused(answer: Answer, code: str, status: int) -> Any:
    assert (answer.status, answer.document["code"]) == (status, code), answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == answer.document["request_id"]
    assert answer.rest == b""
    return answer.document


def ledgers(server: Server) -> list[str]:
    answer = tell(server, b"GET /v1/ledgers HTTP/1.1\r\n" + BARE)
    return [each["name"] for each in answer.document["data"]]


POST = b"POST /v1/ledgers HTTP/1.1\r\n" + TO_JSON
NEXT = b"GET /v1 HTTP/1.1\r\n" + BARE
DOUBTFUL = {
    "a length and chunks": (
        POST + HOST + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED,
        "Transfer-Encoding",
    ),
    "chunks and a length": (
        POST + HOST + b"Transfer-Encoding: chunked\r\n" + LENGTH + b"\r\n" + CHUNKED,
        "Transfer-Encoding",
    ),
    "a length of none and chunks": (
        POST + HOST + b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED,
        "Transfer-Encoding",
    ),
    "chunks in HTTP/1.0": (
        POST.replace(b"1.1", b"1.0") + HOST + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n" + BODY,
        "Transfer-Encoding",
    ),
    "chunks in HTTP/1.0, on a connection that is to be kept": (
        POST.replace(b"1.1", b"1.0") + HOST + TO_BE_KEPT + IN_CHUNKS + b"\r\n" + CHUNKED,
        "Transfer-Encoding",
    ),
    "chunks in chunks": (
        POST + HOST + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + CHUNKED,
        "Transfer-Encoding",
    ),
    "chunks, said twice": (POST + HOST + IN_CHUNKS + IN_CHUNKS + b"\r\n" + CHUNKED, "Transfer-Encoding"),
    "chunks and nothing": (
        POST + HOST + b"Transfer-Encoding: chunked,\r\n\r\n" + CHUNKED,
        "Transfer-Encoding",
    ),
    "a coding without a name": (
        POST + HOST + b"Transfer-Encoding:\r\n" + LENGTH + b"\r\n" + BODY,
        "Transfer-Encoding",
    ),
    "no host": (POST + LENGTH + b"\r\n" + BODY, "Host"),
    "two hosts": (POST + HOST + b"Host: elsewhere\r\n" + LENGTH + b"\r\n" + BODY, "Host"),
    "the same host twice": (POST + HOST + HOST + LENGTH + b"\r\n" + BODY, "Host"),
    "an empty host": (POST + b"Host: \r\n" + LENGTH + b"\r\n" + BODY, "Host"),
    "a host with a path": (POST + b"Host: localhost/v1\r\n" + LENGTH + b"\r\n" + BODY, "Host"),
    "a host with a user": (POST + b"Host: me@localhost\r\n" + LENGTH + b"\r\n" + BODY, "Host"),
    "an address of version 6 that is none": (
        POST + b"Host: [:::::]\r\n" + LENGTH + b"\r\n" + BODY,
        "Host",
    ),
    "an address of version 4 in brackets": (
        POST + b"Host: [127.0.0.1]\r\n" + LENGTH + b"\r\n" + BODY,
        "Host",
    ),
    "a port that is none": (POST + b"Host: localhost:65536\r\n" + LENGTH + b"\r\n" + BODY, "Host"),
    "a target of another host": (
        POST.replace(b"/v1", b"http://elsewhere/v1") + HOST + LENGTH + b"\r\n" + BODY,
        "Host",
    ),
    "a target of another scheme": (
        POST.replace(b"/v1", b"ftp://localhost/v1") + HOST + LENGTH + b"\r\n" + BODY,
        "Host",
    ),
}


@pytest.mark.parametrize(("request_", "header"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_can_be_read_in_two_ways_is_refused(server: Server, request_: bytes, header: str) -> None:
    document = refused(tell(server, request_), "invalid_parameter", 400)
    assert document["parameter"] == header
    assert "smuggled" not in ledgers(server)


IN_DOUBT = {
    "a length and chunks": POST + HOST + b"Content-Length: 5\r\n" + IN_CHUNKS + b"\r\n0\r\n\r\n",
    # What follows is to whoever knows the coding a part of the body.
    "HTTP/1.0": POST.replace(b"1.1", b"1.0") + HOST + TO_BE_KEPT + IN_CHUNKS + b"\r\n",
    "a later version": POST.replace(b"1.1", b"1.2") + HOST + TO_BE_KEPT + IN_CHUNKS + b"\r\n",
    "chunks in chunks": POST + HOST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "a coding without a name": POST + HOST + b"Transfer-Encoding:\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("request_", IN_DOUBT.values(), ids=IN_DOUBT)
def test_nothing_is_read_after_a_request_whose_end_is_in_doubt(server: Server, request_: bytes) -> None:
    # Without this the second request would be answered, though a proxy took it for the first one's body.
    answer = tell(server, request_ + NEXT)
    refused(answer, "invalid_parameter", 400)
    assert answer.headers["connection"] == "close"


# As both ini files have it; from this size on a request is refused.
HEADERS_BYTES_MAX = 32_768


def exactly(size: int, request: bytes, filling: bytes) -> bytes:
    """Return the request as large as that: what a server leaves unread may take its answer along."""
    room = size - len(request % b"")
    return request % (filling * (room // len(filling)) + filling[:1] * (room % len(filling)))


UNREADABLE = {
    "two lengths": POST + HOST + LENGTH + b"Content-Length: 5\r\n\r\n" + BODY,
    "the same length twice": POST + HOST + LENGTH + LENGTH + b"\r\n" + BODY,
    "a negative length": POST + HOST + b"Content-Length: -1\r\n\r\n",
    "a length with a sign": POST + HOST + b"Content-Length: +20\r\n\r\n" + BODY,
    "an unknown coding": POST + HOST + b"Transfer-Encoding: gzip\r\n\r\n" + BODY,
    "chunks and more": POST + HOST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKED,
    "a bare line feed": b"GET /v1 HTTP/1.1\nHost: localhost\r\n\r\n",
    "a space before the colon": b"GET /v1 HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "a header without a name": b"GET /v1 HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n",
    "an address of no host": b"GET http://[/v1 HTTP/1.1\r\n" + BARE,
    "a length that is no number to Python": POST + HOST + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n",
    "no request line": b"\x16\x03\x01\x02\x00\r\n\r\n",
    "a space in the target": b"GET /v1 /v2 HTTP/1.1\r\n" + BARE,
    "a chunk that is none": POST + HOST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n",
    "an overlong address": exactly(HEADERS_BYTES_MAX, b"GET /v1?%s HTTP/1.1\r\n" + BARE, b"x"),
    "an overlong header": exactly(HEADERS_BYTES_MAX, b"GET /v1 HTTP/1.1\r\nX: %s\r\n" + BARE, b"x"),
    "many headers": exactly(HEADERS_BYTES_MAX, b"GET /v1 HTTP/1.1\r\n%s: x\r\n" + BARE, b"X: x\r\n"),
}


@pytest.mark.parametrize("request_", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_refused_with_a_problem_too(server: Server, request_: bytes) -> None:
    answer = tell(server, request_)
    refused(answer, "invalid_parameter", 400)
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("size", [100_000, 3_000_000])
def test_an_endless_header_is_cut_off_and_others_are_served(server: Server, size: int) -> None:
    # The server closes while the client is still sending, so the answer may not get through.
    with contextlib.suppress(OSError):
        tell(server, b"GET /v1 HTTP/1.1\r\nX: " + b"x" * size + b"\r\n" + BARE)
    assert tell(server, NEXT).status == 200


def test_a_body_that_is_announced_too_large_is_not_waited_for(server: Server) -> None:
    request = POST + HOST + b"Content-Length: 999999999999\r\n\r\n"
    refused(tell(server, request), "body_too_large", 413)


# Each of them was answered by `/metrics`, which a proxy keeps from strangers by its address, or could be.
OTHER_SPELLINGS = (
    b"//metrics",
    b"///metrics",
    b"/%2Fmetrics",
    b"/%2fmetrics",
    b"http:/metrics",
    b"http:///metrics",
    b"http:metrics",
    b"http://localhost//metrics",
    b"http://localhost/%2fmetrics",
    b"/metrics#x",
    b"/metrics?x#y",
    b"http://localhost/metrics#x",
    b"/met\trics",
    b"\x01/metrics",
    b"/metrics\x7f",
    b"metrics",
    b"*",
    b"localhost:443",
)


@pytest.mark.parametrize("target", OTHER_SPELLINGS, ids=repr)
@pytest.mark.parametrize("head", [b"HTTP/1.1\r\n" + BARE, b"HTTP/1.0\r\n\r\n"], ids=["1.1", "1.0"])
def test_an_address_has_no_other_spellings(server: Server, target: bytes, head: bytes) -> None:
    refused(tell(server, b"GET %s %s" % (target, head)), "invalid_parameter", 400)


TARGETS = {
    b"OPTIONS * HTTP/1.1\r\n": (400, "invalid_parameter"),
    b"CONNECT localhost:443 HTTP/1.1\r\n": (400, "invalid_parameter"),
    b"GET v1 HTTP/1.1\r\n": (400, "invalid_parameter"),
    b"GET /v1/ HTTP/1.1\r\n": (404, "not_found"),
    b"GET /v1%2F HTTP/1.1\r\n": (404, "not_found"),
    b"GET /v1// HTTP/1.1\r\n": (404, "not_found"),
    b"TRACE /v1 HTTP/1.1\r\n": (405, "method_not_allowed"),
    b"FROB /v1 HTTP/1.1\r\n": (405, "method_not_allowed"),
    b"PROPFIND /healthz HTTP/1.1\r\n": (405, "method_not_allowed"),
}


@pytest.mark.parametrize(("line", "expected"), TARGETS.items(), ids=repr)
def test_odd_methods_and_targets_are_refused(server: Server, line: bytes, expected: tuple[int, str]) -> None:
    status, code = expected
    answer = tell(server, line + BARE)
    refused(answer, code, status)
    assert ("allow" in answer.headers) == (status == 405)


FINE = {
    "HTTP/1.0 without a host": b"GET /v1 HTTP/1.0\r\n\r\n",
    "a host with a port": b"GET /v1 HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n",
    "an address of version 6": b"GET /v1 HTTP/1.1\r\nHost: [::1]:8080\r\nConnection: close\r\n\r\n",
    "an address of version 4 in one of version 6": (
        b"GET /v1 HTTP/1.1\r\nHost: [::FFFF:127.0.0.1]\r\nConnection: close\r\n\r\n"
    ),
    "a target with its host": b"GET http://LocalHost/v1 HTTP/1.1\r\n" + BARE,
    "a target with its host and no Host": b"GET http://localhost/v1 HTTP/1.0\r\n\r\n",
}


@pytest.mark.parametrize("request_", FINE.values(), ids=FINE)
def test_what_has_one_meaning_is_answered(server: Server, request_: bytes) -> None:
    answer = tell(server, request_)
    assert (answer.status, answer.document["name"]) == (200, "myapp")


def test_chunks_alone_are_a_body_like_any_other(server: Server) -> None:
    request = POST + BARE.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
    answer = tell(server, request + CHUNKED.replace(b"smuggled", b"in-parts"))
    assert (answer.status, answer.document["name"]) == (201, "in-parts")


def test_one_connection_serves_several_requests(server: Server) -> None:
    answer = tell(server, b"GET /v1 HTTP/1.1\r\n" + HOST + b"\r\n" + NEXT)
    assert answer.rest.startswith(b"HTTP/1.1 200 OK\r\n")
