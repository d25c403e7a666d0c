"""The view of exports."""

from __future__ import annotations

from collections.abc import Iterable

from pyramid.response import Response

from myapp.db import Rows, stream_written
from myapp.http import parameters
from myapp.http.request import Request
from myapp.interchange.exporting import FORMATS
from myapp.ledger.dialects import is_postgresql
from myapp.ledger.journal_rows import JournalRows
from myapp.ledger.ledgers import open_book


def _format(request: Request, name: str) -> str | None:
    return parameters.choice(request, name, tuple(FORMATS))


def read(request: Request) -> Response:
    """Stream the books in the format that the query names."""
    name = parameters.needed(_format, request, "format")
    book, native = open_book(request.dbsession, request.matchdict["ledger"]), is_postgresql(request.dbsession)

    def write(rows: Rows) -> Iterable[bytes]:
        return FORMATS[name].write(JournalRows(rows, book.id, native))

    filename = f'attachment; filename="{book.name}.{FORMATS[name].extension}"'
    kind = FORMATS[name].media_type
    return stream_written(request, write, content_type=kind, charset="utf-8", content_disposition=filename)
