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
    if not secret.startswith(PREFIX):
        return None
    ledger = request.matchdict.get("ledger") if request.matchdict else None
    # The session is asked for only now: a request without a key opens none.
    return identify(request.dbsession, secret, now=request.now, ledger=ledger)
