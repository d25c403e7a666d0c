"""As much of curl as the documents' commands use; a fresh machine need not have it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit


@dataclass
class Call:
    """What a command line asks for."""

    url: str = ""
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    shows_headers: bool = False


def understood(words: list[str]) -> Call:
    """Return what the words of a command line say."""
    call, rest = Call(), iter(words)
    for word in rest:
        _take(call, word, rest)
    return call


def _take(call: Call, word: str, rest: Iterator[str]) -> None:
    if word == "-H":
        name, _, value = next(rest).partition(": ")
        call.headers[name] = value
    elif word == "--json":
        call.body = next(rest).encode()
        call.headers |= {"Content-Type": "application/json", "Accept": "application/json"}
    elif word == "--data-binary":
        call.body = Path(next(rest).removeprefix("@")).read_bytes()
    elif word.startswith("http://"):
        call.url = word
    elif word in ("-s", "-si"):
        call.shows_headers = word == "-si"
    else:
        raise SystemExit(f"curl: {word} is not known to the tests")


def run(call: Call) -> None:
    """Do it, and print the answer."""
    address = urlsplit(call.url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=60)
    target = address.path + (f"?{address.query}" if address.query else "")
    connection.request("GET" if call.body is None else "POST", target, call.body, call.headers)
    answer = connection.getresponse()
    if call.shows_headers:
        sys.stdout.write(_head(answer))
    sys.stdout.write(answer.read().decode())
    connection.close()


def _head(answer: HTTPResponse) -> str:
    lines = [
        f"HTTP/1.1 {answer.status} {answer.reason}",
        *(f"{name}: {value}" for name, value in answer.headers.items()),
    ]
    return "\n".join(lines) + "\n\n"


if __name__ == "__main__":
    run(understood(sys.argv[1:]))
