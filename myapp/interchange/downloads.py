"""An export as a response: streamed, with a file's name, for the API and for the pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyramid.response import Response

from myapp.db import Rows, stream_written
from myapp.interchange.exporting import FORMATS
from myapp.ledger.books import open_book
from myapp.ledger.dialects import is_postgresql
from myapp.ledger.journal_rows import JournalRows


def download(request: Any, format_name: str) -> Response:
    """Return the books of the ledger in the address, written in a format of `FORMATS` while they are sent.

    Raises:
        LedgerNotFound: there is no such ledger.
    """
    book, native = open_book(request.dbsession, request.matchdict["ledger"]), is_postgresql(request.dbsession)
    written = FORMATS[format_name]

    def write(rows: Rows) -> Iterable[bytes]:
        return written.write(JournalRows(rows, book.id, native, request.now))

    return stream_written(
        request,
        write,
        content_type=written.media_type,
        charset="utf-8",
        content_disposition=f'attachment; filename="{book.name}.{written.extension}"',
    )
