"""The view of verification."""

from __future__ import annotations

from myapp.api.answer import Answer
from myapp.http.request import Request
from myapp.ledger import verifying


def verify(request: Request) -> Answer:
    """Recompute the ledger and name the rows that are wrong; that some are is no failure of the request."""
    return Answer(verifying.verify(request.dbsession, request.matchdict["ledger"]))
