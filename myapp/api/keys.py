"""The views of API keys. A key of one ledger manages that ledger's keys, and sees no others."""

from __future__ import annotations

from uuid import UUID

from myapp.api.answer import Answer
from myapp.api.answer import listed as as_list
from myapp.api.bodies import KeyBody
from myapp.http.errors import Forbidden
from myapp.http.paging import page_request, uuid
from myapp.http.request import Request
from myapp.http.times import last_instant, moment
from myapp.ledger.errors import KeyNotFound, LedgerNotFound
from myapp.ledger.ids import read_id
from myapp.security import keys
from myapp.security.keys import MadeKey


def create(request: Request, body: KeyBody) -> Answer:
    """Make a key; its secret is in this answer and nowhere else."""
    view, secret = keys.create(
        request.dbsession,
        body.name,
        body.scopes,
        now=request.now,
        ledger=_manageable(request, body.ledger),
        expires_at=moment(body.expires_at, "/expires_at", last_instant),
    )
    # What is remembered for an idempotency key lies in the database, where no secret may.
    return Answer(MadeKey.of(view, secret), 201, remembered=MadeKey.of(view, None))


def _manageable(request: Request, ledger: str | None) -> str | None:
    own = request.identity.ledger
    if own is None or ledger == own:
        return ledger
    if ledger is None:
        raise Forbidden(f"The key is for the ledger {own!r} alone, so it makes no key for all.")
    raise LedgerNotFound(f"There is no ledger {ledger!r}.")


def listed(request: Request) -> Answer:
    """List keys, the oldest first, never with a secret."""
    page = page_request(request, uuid)
    after = page.after[0] if page.after else None
    own = request.identity.ledger
    return as_list(request, keys.listed(request.dbsession, limit=page.limit, after=after, ledger=own))


def revoke(request: Request) -> Answer:
    """Revoke a key, at once and for good."""
    own = request.identity.ledger
    return Answer(keys.revoke(request.dbsession, _id(request), now=request.now, ledger=own))


def _id(request: Request) -> UUID:
    try:
        return read_id(request.matchdict["key"])
    except ValueError:
        raise KeyNotFound("There is no key with this id.") from None
