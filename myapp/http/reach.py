"""Who may come in: an address without tricks, and a ledger that the key is for."""

from __future__ import annotations

from typing import Any

from myapp.http.errors import Forbidden, NotFound
from myapp.ledger.errors import LedgerNotFound


def admit(request: Any, permission: str | None, *, own_share: bool = False) -> None:
    """Let a request through to its view; `own_share` lets a key of one ledger write outside of all.

    Raises:
        NotFound, LedgerNotFound, Forbidden: as the functions below.
    """
    _require_an_address(request)
    _require_own_ledger(request, permission, own_share=own_share)


def _require_an_address(request: Any) -> None:
    """Refuse an address that can name nothing.

    Raises:
        NotFound: there is a NUL in it: nothing has one in its name, and PostgreSQL takes it in no text.
    """
    if any("\0" in value for value in request.matchdict.values()):
        raise NotFound("There is nothing at this address.")


def _require_own_ledger(request: Any, permission: str | None, *, own_share: bool) -> None:
    """Refuse a ledger that is not the key's; `own_share` lets a key of one ledger write outside of all.

    Raises:
        LedgerNotFound: the ledger is foreign: answered like one that does not exist, so that names cannot be
            probed.
        Forbidden: a key of one ledger may look around outside, but not make another ledger.
    """
    ledger = request.matchdict.get("ledger")
    if permission is None or request.identity.sees(ledger):
        return
    if ledger is not None:
        raise no_ledger(ledger)
    if permission != "read" and not own_share:
        raise Forbidden(f"The key is for the ledger {request.identity.ledger!r} alone.")


def no_ledger(name: str) -> LedgerNotFound:
    """Return the refusal of a ledger that is foreign or is not there."""
    return LedgerNotFound(f"There is no ledger {name!r}.")
