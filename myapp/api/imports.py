"""The view of imports."""

from __future__ import annotations

from myapp.api.answer import Answer
from myapp.http import parameters
from myapp.http.request import Request
from myapp.interchange.csv_columns import COLUMNS, METADATA
from myapp.interchange.importing import ImportOptions, import_journal, read_journal
from myapp.interchange.journal import Journal, ReadOptions
from myapp.interchange.readers import READERS
from myapp.ledger import rules
from myapp.ledger.errors import InvalidParameter

# What renames a CSV file's columns, one parameter for each of them.
MAPPING = tuple(f"map.{column}" for column in (*COLUMNS, METADATA))


def read(request: Request, data: bytes) -> Journal:
    """Read the body as the format that the query names."""
    name = parameters.choice(request, "format", tuple(READERS))
    if name is None:
        raise InvalidParameter(f"Say the format: one of {', '.join(READERS)}.", parameter="format")
    return read_journal(READERS[name], data, _options(request))


def _options(request: Request) -> ReadOptions:
    return ReadOptions(
        default_asset=parameters.text(request, "default_asset"),
        columns=parameters.family(request, "map."),
        account=parameters.text(request, "account"),
        counter_account=parameters.text(request, "counter_account"),
    )


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
