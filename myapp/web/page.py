"""What one row of the table of pages says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from myapp.ledger.errors import LedgerError
from myapp.web.forms import Form

Context = Mapping[str, Any]

# Where the pages of a ledger begin.
LEDGER = "/ledgers/{ledger}"


@dataclass(frozen=True, slots=True)
class Page:
    """A method on a page's address: who may open it, what it reads, what it costs.

    `name` is the route's, shared by the methods of one address. `view` takes the request, and for a POST the
    form; it returns what `template` shows, or a response of its own. A POST to a ledger returns the address
    to go on to, and is done once for each form that was shown (`myapp.web.once`). `again` makes what the
    template shows when a form was refused: the same form, filled in, with the message. A file to keep has no
    template. `budget` is the most statements that are sent. Without a `permission` no key is needed.
    """

    name: str
    path: str
    view: Callable[..., Any]
    template: str | None
    doc: str
    budget: int
    permission: str | None = "read"
    method: str = "GET"
    parameters: tuple[str, ...] = ()
    # What takes its time and asks the database nothing: done before the session's transaction begins.
    prepare: Callable[[Any, Form], Any] | None = None
    # Whether a POST changes the ledger; one that only tries shows its template.
    keeps: bool = True
    again: Callable[[Any, Form, LedgerError], Context] | None = None
    media_type: str = "application/x-www-form-urlencoded"
    # The name of the setting that limits the form's size.
    bytes_max: str = "body_bytes_max"
