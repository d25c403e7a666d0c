"""The view of imports."""

from __future__ import annotations

from myapp.api.answer import Answer
from myapp.http import parameters
from myapp.http.request import Request
from myapp.interchange.importing import ImportOptions, import_journal
from myapp.interchange.readers import READERS
from myapp.ledger import rules
from myapp.ledger.errors import InvalidParameter


def create(request: Request, data: bytes) -> Answer:
    """Import a journal, or show what importing it would do."""
    name = parameters.choice(request, "format", tuple(READERS))
    if name is None:
        raise InvalidParameter(f"Say the format: one of {', '.join(READERS)}.", parameter="format")
    options = ImportOptions(
        default_type=parameters.choice(request, "default_type", rules.ACCOUNT_TYPES),
        default_asset=parameters.text(request, "default_asset"),
        dry_run=parameters.flag(request, "dry_run"),
    )
    summary = import_journal(
        request.dbsession,
        request.matchdict["ledger"],
        READERS[name],
        data,
        options,
        now=request.now,
        actor=request.identity.actor,
    )
    return Answer(summary, 200 if options.dry_run else 201)
