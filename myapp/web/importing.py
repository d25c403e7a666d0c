"""Bring a journal in: a form for the file, a trial that keeps nothing, and the import itself."""

from __future__ import annotations

from typing import Any

from myapp.http import parameters
from myapp.interchange.importing import ImportOptions, ImportSummary, import_journal, read_journal
from myapp.interchange.journal import Journal, ReadOptions
from myapp.interchange.readers import READERS, format_of
from myapp.ledger import rules
from myapp.ledger.errors import InvalidRequest, LedgerError
from myapp.web.addresses import address_of
from myapp.web.forms import Form
from myapp.web.once import new_key
from myapp.web.page import Context

COUNTS = ("transactions", "accounts", "assets", "skipped")
_COUNT_MAX = 10**9


def show(request: Any) -> Context:
    """Show the form; and what an import brought, for a visitor who comes from one."""
    counts = [parameters.whole(request, name, 0, _COUNT_MAX) for name in COUNTS]
    done = None if None in counts else dict(zip(COUNTS, counts, strict=True))
    return {**_context(Form()), "done": done}


def read(request: Any, form: Form) -> Journal:
    """Read the file of the form, before the database is asked for anything: it takes its time.

    Raises:
        LedgerError: there is no file, or it cannot be read; the error says where.
    """
    upload = form.files.get("file")
    if upload is None or not upload.data:
        raise InvalidRequest("Choose the file that is to be imported.", pointer="/file")
    name = form.text("format") or format_of(upload.name)
    if name not in READERS:
        raise InvalidRequest(f"There is no format {name!r}.", pointer="/format")
    options = ReadOptions(
        default_asset=form.text("default_asset") or None,
        columns=_columns(form.text("columns")),
        account=form.text("account") or None,
        counter_account=form.text("counter_account") or None,
    )
    return read_journal(READERS[name], upload.data, options)


def _columns(text: str) -> dict[str, str]:
    pairs = [line.partition("=") for line in text.splitlines() if line.strip()]
    if any(not equals for _, equals, _ in pairs):
        raise InvalidRequest("Write a column as COLUMN=HEADER, one a line.", pointer="/columns")
    columns = {column.strip(): header.strip() for column, _, header in pairs}
    if len(columns) != len(pairs):
        raise InvalidRequest("A column is mapped twice.", pointer="/columns")
    return columns


def attempt(request: Any, form: Form, journal: Journal) -> Context:
    """Show what importing the file would do, and keep nothing."""
    return {**_context(form), "trial": _import(request, form, journal, dry_run=True)}


def create(request: Any, form: Form, journal: Journal) -> str:
    """Import the file, and say what it brought."""
    summary = _import(request, form, journal, dry_run=False)
    counts = {name: str(getattr(summary, name)) for name in COUNTS}
    return address_of(request, "import", counts)


def again(request: Any, form: Form, error: LedgerError) -> Context:
    """Show the form as it was sent, but for the file, which a browser does not fill in again."""
    return {**_context(form), "message": error.detail, "pointer": error.pointer}


def _import(request: Any, form: Form, journal: Journal, *, dry_run: bool) -> ImportSummary:
    default_type = form.text("default_type") or None
    if default_type is not None and default_type not in rules.ACCOUNT_TYPES:
        raise InvalidRequest(f"A type is one of {', '.join(rules.ACCOUNT_TYPES)}.", pointer="/default_type")
    return import_journal(
        request.dbsession,
        request.matchdict["ledger"],
        journal,
        ImportOptions(default_type, dry_run),
        now=request.now,
        actor=request.identity.actor,
    )


def _context(form: Form) -> Context:
    return {
        "form": form,
        "formats": list(READERS),
        "types": rules.ACCOUNT_TYPES,
        "once": new_key(),
        "message": None,
        "pointer": None,
        "trial": None,
        "done": None,
    }
