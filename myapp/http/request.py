"""What the application asks of a Pyramid request: the one place where its untyped edge is typed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session


class Request(Protocol):
    """A Pyramid request as this application sees it."""

    method: str
    path: str
    body: bytes
    content_type: str
    charset: str
    content_length: int | None
    headers: Mapping[str, str]
    environ: dict[str, Any]
    matchdict: Mapping[str, str]
    registry: Any
    response: Any
    # Ours: the session, the time at which the request came, its id, and who sent it.
    dbsession: Session
    now: datetime
    request_id: str
    identity: Any

    @property
    def GET(self) -> Any:  # noqa: N802 - Pyramid's name for the query's parameters
        """Return the query's parameters, a multi-dict of texts."""
