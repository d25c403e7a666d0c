"""Holds: the list, and one with what became of it; capture and void it."""

from __future__ import annotations

from typing import Any

from myapp.http import parameters, questions
from myapp.http.paging import instant, next_cursor, page_request, uuid
from myapp.ledger.books import open_book
from myapp.ledger.drafts import CaptureDraft
from myapp.ledger.errors import InvalidRequest, LedgerError
from myapp.ledger.holds import capturing, ending, reading
from myapp.ledger.holds.reading import HoldFilter
from myapp.ledger.holds.views import STATUSES
from myapp.web.addresses import address_of
from myapp.web.forms import Form
from myapp.web.once import new_key
from myapp.web.page import Context


def listed(request: Any) -> Context:
    """Show a page of holds, newest first."""
    wanted = HoldFilter(
        status=parameters.choice(request, "status", STATUSES),
        account=parameters.path(request, "account"),
    )
    asked = page_request(request, instant, uuid)
    after: Any = asked.after
    book = open_book(request.dbsession, request.matchdict["ledger"])
    page = reading.listed(request.dbsession, book, wanted, now=request.now, limit=asked.limit, after=after)
    return {"holds": page.items, "statuses": STATUSES, "next": next_cursor(request, page.next_key)}


def find(request: Any) -> Context:
    """Show a hold."""
    return _context(request, None)


def end(request: Any, form: Form) -> str:
    """Capture all that is held, or void the hold, as the button says."""
    ledger, hold_id = request.matchdict["ledger"], questions.hold_id(request)
    match form.text("do"):
        case "capture":
            given: dict[str, Any] = {"now": request.now, "actor": request.identity.actor}
            view = capturing.capture(request.dbsession, ledger, hold_id, CaptureDraft(), **given)
            return address_of(request, "transaction", id=view.id)
        case "void":
            ending.void(request.dbsession, open_book(request.dbsession, ledger), hold_id, now=request.now)
            return address_of(request, "hold", hold=hold_id)
    raise InvalidRequest("A hold is captured or voided.")


def again(request: Any, form: Form, error: LedgerError) -> Context:
    """Show the hold, and why it could not be ended."""
    return _context(request, error)


def _context(request: Any, error: LedgerError | None) -> Context:
    book = open_book(request.dbsession, request.matchdict["ledger"])
    hold = reading.find(request.dbsession, book, questions.hold_id(request), now=request.now)
    return {"hold": hold, "once": new_key(), "message": None if error is None else error.detail}
