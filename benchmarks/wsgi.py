"""Requests as a WSGI server hands them to an application in this process, and the answers."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any

Environ = dict[str, Any]

_BLANK: Environ = {
    "SCRIPT_NAME": "",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "HTTP_HOST": "localhost",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


def environ_of(method: str, path: str, body: bytes = b"", query: str = "", **more: str) -> Environ:
    """Return a request, with a body of JSON where there is one, and `more` of a WSGI environment."""
    content = {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json"} if body else {}
    return {
        **_BLANK,
        **content,
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        **more,
    }


def answer(app: Callable[..., Iterable[bytes]], environ: Environ) -> tuple[str, bytes]:
    """Send a request, and return the status and the whole body.

    Raises:
        RuntimeError: the answer is no success; a refusal is soon made, and would pass for a quick one.
    """
    statuses: list[str] = []
    body = app(environ, lambda status, _: statuses.append(status))
    content = b"".join(body)
    if (close := getattr(body, "close", None)) is not None:
        close()
    if not statuses[0].startswith("2"):
        asked = "?".join(filter(None, (environ["PATH_INFO"], environ["QUERY_STRING"])))
        raise RuntimeError(f"{asked} was answered {statuses[0]}: {content[:300]!r}")
    return statuses[0], content
