"""The view of imports."""

from __future__ import annotations

from myapp.api.answer import Answer
from myapp.http import parameters
from myapp.http.request import Request
from myapp.interchange.importing import ImportOptions, import_journal, read_journal
from myapp.interchange.journal import Journal
from myapp.interchange.readers import READERS
from myapp.ledger import rules
from myapp.ledger.errors import InvalidParameter


def read(request: Request, data: bytes) -> Journal:
    """Read the body as the format that the query names."""
    name = parameters.choice(request, "format", tuple(READERS))
    if name is None:
        raise InvalidParameter(f"Say the format: one of {', '.join(READERS)}.", parameter="format")
    return read_journal(READERS[name], data, parameters.text(request, "default_asset"))


def create(request: Request, journal: Journal) -> Answer:
    """Import a journal, or show what importing it would do."""
    options = ImportOptions(
        default_type=parameters.choice(request, "default_type", rules.ACCOUNT_TYPES),
        dry_run=parameters.flag(request, "dry_run"),
    )
    summary = import_journal(
        request.dbsession,
        request.matchdict["ledger"],
        journal,
        options,
        now=request.now,
        actor=request.identity.actor,
    )
    return Answer(summary, 200 if options.dry_run else 201)
