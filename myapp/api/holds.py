"""The views of holds."""

from __future__ import annotations

from typing import Any

from myapp.api.answer import Answer, created
from myapp.api.answer import listed as as_list
from myapp.api.bodies import CaptureBody, HoldBody, VoidBody
from myapp.api.drafting import draft_of, postings_of
from myapp.http import parameters, questions
from myapp.http.paging import instant, page_request, uuid
from myapp.http.request import Request
from myapp.http.times import last_instant, moment
from myapp.ledger.books import open_book
from myapp.ledger.drafts import CaptureDraft
from myapp.ledger.holds import capturing, ending, placing, reading
from myapp.ledger.holds.reading import HoldFilter
from myapp.ledger.holds.views import STATUSES


def create(request: Request, body: HoldBody) -> Answer:
    """Place a hold."""
    ledger = request.matchdict["ledger"]
    given: dict[str, Any] = {"now": request.now, "actor": request.identity.actor}
    expires_at = moment(body.expires_at, "/expires_at", last_instant)
    view = placing.place(request.dbsession, ledger, draft_of(body), expires_at=expires_at, **given)
    return created(view, "ledgers", ledger, "holds", str(view.id))


def capture(request: Request, body: CaptureBody) -> Answer:
    """Capture a hold, whole or in part."""
    ledger = request.matchdict["ledger"]
    draft = CaptureDraft(
        None if body.postings is None else postings_of(body.postings),
        body.final,
        moment(body.effective_at, "/effective_at"),
    )
    given: dict[str, Any] = {"now": request.now, "actor": request.identity.actor}
    view = capturing.capture(request.dbsession, ledger, questions.hold_id(request), draft, **given)
    return created(view, "ledgers", ledger, "transactions", str(view.id))


def void(request: Request, body: VoidBody) -> Answer:
    """Void a hold."""
    book = open_book(request.dbsession, request.matchdict["ledger"])
    return Answer(ending.void(request.dbsession, book, questions.hold_id(request), now=request.now))


def listed(request: Request) -> Answer:
    """List holds, newest first."""
    wanted = HoldFilter(
        status=parameters.choice(request, "status", STATUSES),
        account=parameters.path(request, "account"),
    )
    page = page_request(request, instant, uuid)
    book = open_book(request.dbsession, request.matchdict["ledger"])
    after: Any = page.after
    found = reading.listed(request.dbsession, book, wanted, now=request.now, limit=page.limit, after=after)
    return as_list(request, found)


def find(request: Request) -> Answer:
    """Show a hold."""
    book = open_book(request.dbsession, request.matchdict["ledger"])
    return Answer(reading.find(request.dbsession, book, questions.hold_id(request), now=request.now))
