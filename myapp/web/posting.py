"""The form of a new transaction: rows of postings, and every refusal at the field that it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from myapp.http import parameters
from myapp.http.times import moment
from myapp.ledger import accounts, posting
from myapp.ledger.books import Book, open_book
from myapp.ledger.drafts import PostingDraft, TransactionDraft
from myapp.ledger.errors import InvalidRequest, LedgerError
from myapp.web.addresses import address_of
from myapp.web.forms import Form
from myapp.web.latest import read_latest
from myapp.web.once import new_key
from myapp.web.page import Context

ROWS, ROWS_MAX = 4, 100
# As many as a browser shows at once; the rest is found by typing.
COMPLETIONS = 200
_METADATA_ROWS = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the form as it was typed, with what is wrong in each of its fields."""

    account: str = ""
    asset: str = ""
    amount: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    def is_empty(self) -> bool:
        """Tell whether nobody has typed into the row; an asset is always chosen."""
        return not self.account and not self.amount


def show(request: Any) -> Context:
    """Show an empty form."""
    count = parameters.whole(request, "rows", 2, ROWS_MAX) or ROWS
    return _context(request, Form(), [Row() for _ in range(count)])


def create(request: Any, form: Form) -> str:
    """Post the transaction, and go on to it."""
    ledger = request.matchdict["ledger"]
    view = posting.post(
        request.dbsession, ledger, _draft(form), now=request.now, actor=request.identity.actor
    )
    if view is None:
        raise AssertionError("Without a key of its own nothing can have been posted before.")
    return address_of(request, "transaction", id=view.id)


def again(request: Any, form: Form, error: LedgerError) -> Context:
    """Show the form as it was sent, with what is wrong at its field."""
    rows = [row for row in _rows(form) if not row.is_empty()]
    placed = _place(rows, error)
    rows += [Row() for _ in range(max(0, ROWS - len(rows)))]
    shown = {"message": error.detail, "pointer": error.pointer, "placed": placed}
    return {**_context(request, form, rows), **shown}


def completions(request: Any) -> Context:
    """Show the accounts whose path begins with what was typed."""
    book = open_book(request.dbsession, request.matchdict["ledger"])
    return {"paths": _paths(request, book, parameters.path(request, "account"))}


def _context(request: Any, form: Form, rows: Sequence[Row]) -> Context:
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    metadata = list(zip_longest(form.texts("key"), form.texts("value"), fillvalue=""))
    return {
        "form": form,
        "rows": rows,
        "metadata": metadata + [("", "")] * max(0, _METADATA_ROWS - len(metadata)),
        "assets": sorted(book.scales.items()),
        # What the books are mostly about: the first of the alphabet may be another's shares.
        "asset": read_latest(request, book).asset,
        "paths": _paths(request, book, None),
        "once": new_key(),
        "message": None,
        "pointer": None,
        "placed": False,
    }


def _paths(request: Any, book: Book, prefix: str | None) -> list[str]:
    found = accounts.listed(request.dbsession, book, limit=COMPLETIONS, prefix=prefix, status="open")
    return [account.path for account in found.items]


def _rows(form: Form) -> list[Row]:
    columns = (form.texts("account"), form.texts("asset"), form.texts("amount"))
    return [Row(*cells) for cells in zip_longest(*columns, fillvalue="")]


def _draft(form: Form) -> TransactionDraft:
    return TransactionDraft(
        postings=tuple(
            PostingDraft(row.account, row.asset, row.amount) for row in _rows(form) if not row.is_empty()
        ),
        description=form.text("description"),
        reference=form.text("reference") or None,
        effective_at=moment(form.text("effective_at") or None, "/effective_at"),
        metadata=_metadata(form),
    )


def _metadata(form: Form) -> dict[str, str]:
    pairs = [pair for pair in zip_longest(form.texts("key"), form.texts("value"), fillvalue="") if any(pair)]
    if len(dict(pairs)) != len(pairs):
        raise InvalidRequest("A key of the metadata is there twice.", pointer="/metadata")
    return dict(pairs)


def _place(rows: Sequence[Row], error: LedgerError) -> bool:
    """Put the error at the field that its pointer names; tell whether there is such a field."""
    match (error.pointer or "").split("/"):
        case ["", "postings", number, name] if number.isdigit() and int(number) < len(rows):
            rows[int(number)].errors[name] = error.detail
            return True
        case ["", "description" | "reference" | "effective_at"]:
            return True
    return False
