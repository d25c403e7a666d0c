"""What the served applications are asked: the requests of each kind, as they go over the wire."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping

from benchmarks.strategies.model import ACCOUNTS

# `Host` as every client sends it; Django looks at it.
_HEAD = "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n{content}\r\n"
_CONTENT = "Content-Type: application/json\r\nContent-Length: {length}\r\n"


def reads() -> Iterator[bytes]:
    """Ask for one account after another."""
    for number in itertools.cycle(range(1, ACCOUNTS + 1)):
        yield _HEAD.format(method="GET", path=f"/accounts/{number}", content="").encode()


def inserts() -> Iterator[bytes]:
    """Add one note after another; no two bodies are the same, because the table allows none."""
    for number in itertools.count():
        body = json.dumps({"body": f"note {number}"}).encode()
        content = _CONTENT.format(length=len(body))
        yield _HEAD.format(method="POST", path="/notes", content=content).encode() + body


QUESTIONS: Mapping[str, Callable[[], Iterator[bytes]]] = {"read": reads, "insert": inserts}
