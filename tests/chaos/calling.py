"""HTTP as the clients speak it: kept-alive connections, and a word for each way of getting no answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

# Longer than a server may work on a request: five attempts, each waiting five seconds for a lock.
ANSWER_TIMEOUT_S = 40.0


class NoAnswerError(Exception):
    """The request may have arrived, but its answer did not arrive whole: what became of it is unknown."""


class UnreachableError(Exception):
    """Nobody listens: nothing was sent, so nothing can have happened."""


@dataclass(frozen=True)
class Answer:
    """A whole answer; `replayed` says that it is the answer to an earlier delivery."""

    status: int
    document: dict[str, Any]
    replayed: bool

    @property
    def code(self) -> str:
        return str(self.document.get("code"))

    @property
    def says_nothing_was_changed(self) -> bool:
        """Tell apart the two kinds of 503: the other says that the outcome of a commit is unknown."""
        return "nothing was changed" in self.document.get("detail", "")


class Caller:
    """One kept-alive connection to one server, opened again after each failure."""

    def __init__(self, port: int, secret: str, timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=timeout_s)
        self._headers = {"Authorization": f"Bearer {secret}"}

    def get(self, path: str) -> Answer:
        """Read something."""
        self._send("GET", path, None, self._headers)
        return self.answer()

    def post(self, path: str, body: Any, key: str | None = None) -> Answer:
        """Send a JSON body, with an idempotency key or without, and return its answer."""
        self.send_post(path, body, key)
        return self.answer()

    def send_post(self, path: str, body: Any, key: str | None = None) -> None:
        """Send the same, and leave its answer for `answer`."""
        headers = {**self._headers, "Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        self._send("POST", path, json.dumps(body).encode(), headers)

    def answer(self) -> Answer:
        """Wait for the answer to what was sent."""
        try:
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, HTTPException) as error:
            self.close()
            raise NoAnswerError(repr(error)) from error
        return Answer(response.status, _decoded(content), "Idempotency-Replayed" in response.headers)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._connection.close()

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> None:
        self._open()
        try:
            self._connection.request(method, path, body, headers)
        except (OSError, HTTPException) as error:
            self.close()
            raise NoAnswerError(repr(error)) from error

    def _open(self) -> None:
        if self._connection.sock is None:
            try:
                self._connection.connect()
            except OSError as error:
                self.close()
                raise UnreachableError(repr(error)) from error


def _decoded(content: bytes) -> dict[str, Any]:
    # waitress itself answers in plain text, which then shows in the breach.
    try:
        document: dict[str, Any] = json.loads(content)
    except ValueError:
        return {"code": "not_json", "detail": content.decode(errors="replace")}
    return document
