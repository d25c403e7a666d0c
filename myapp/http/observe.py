"""Every request gets an id and a time; every answer carries the id, and leaves one line in the log."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from pyramid.config import Configurator
from pyramid.tweens import INGRESS

from myapp.db import usage
from myapp.ledger.ids import new_id

log = logging.getLogger("myapp.requests")

HEADER = "X-Request-Id"
# What RFC 3986 lets stand in a path as it is, beside what `quote` leaves alone anyway.
_OF_A_PATH = "/:@!$&'()*+,;="
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def includeme(config: Configurator) -> None:
    """Add `request.request_id`, `request.now` and the tween around everything else."""
    config.add_request_method(_request_id, "request_id", reify=True)
    config.add_request_method(_now, "now", reify=True)
    config.add_tween("myapp.http.observe.tween_factory", under=INGRESS)


def _request_id(request: Any) -> str:
    # In the environ, so that another attempt at the same request keeps the id.
    given = request.headers.get(HEADER, "")
    made = given if _ACCEPTABLE_ID.fullmatch(given) else str(new_id())
    request_id: str = request.environ.setdefault("myapp.request_id", made)
    return request_id


def _path(environ: Mapping[str, Any]) -> str:
    # Encoded again: a line end in it would begin a line that looks like another request's. The server decodes
    # the address as Latin-1, whatever it is.
    return quote(environ.get("PATH_INFO", ""), safe=_OF_A_PATH, encoding="latin-1")


def _now(request: Any) -> datetime:
    return datetime.now(UTC)


def tween_factory(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    """Return the tween that marks and logs."""

    def observe(request: Any) -> Any:
        started = time.perf_counter()
        response = handler(request)
        response.headers[HEADER] = request.request_id
        seconds = time.perf_counter() - started
        log.info(
            "%s %s %s %.1f ms (%s) id %s",
            request.method,
            _path(request.environ),
            response.status_int,
            seconds * 1000,
            usage(request),
            request.request_id,
        )
        return response

    return observe
