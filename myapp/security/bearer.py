"""From `Authorization: Bearer` to an identity."""

from __future__ import annotations

from typing import Any

from myapp.security.keys import PREFIX, identify
from myapp.security.policy import Identity

_SCHEME = "bearer "


def bearer(request: Any) -> Identity | None:
    """Return whom the request's key names; None without a valid one."""
    given = request.headers.get("Authorization", "")
    secret = given[len(_SCHEME) :].strip() if given[: len(_SCHEME)].lower() == _SCHEME else ""
    # What cannot be a key of ours is not worth a query.
    if not secret.startswith(PREFIX) or not secret.isascii():
        return None
    return identify(request.dbsession, secret, now=request.now)
