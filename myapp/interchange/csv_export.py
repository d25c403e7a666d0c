"""A journal as CSV (RFC 4180), out: a row a posting, the rows of one transaction together.

The columns are those of the import. A metadata key has a column, so the keys are asked for first.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from myapp.http.times import shown
from myapp.ledger.journal_rows import JournalRows, Row
from myapp.ledger.money import format_amount

COLUMNS = ("transaction", "effective_at", "description", "reference", "account", "asset", "amount")
METADATA_PREFIX = "metadata."


def write(books: JournalRows) -> Iterator[bytes]:
    """Yield the header and the rows, in the order of recording."""
    keys = books.metadata_keys()
    yield _lines([[*COLUMNS, *(METADATA_PREFIX + key for key in keys)]])
    for transaction, postings in books.transactions("recorded"):
        yield _lines(_rows(transaction, postings, keys))


def _rows(transaction: Row, postings: Sequence[Row], keys: Sequence[str]) -> Iterator[list[str]]:
    metadata = transaction.metadata if transaction.changed_metadata is None else transaction.changed_metadata
    head = [str(transaction.id), shown(transaction.effective_at), transaction.description]
    told = [metadata.get(key, "") for key in keys]
    for posting in postings:
        amount = format_amount(posting.amount, posting.scale)
        yield [*head, transaction.reference or "", posting.path, posting.asset, amount, *told]


def _lines(rows: Iterator[list[str]] | list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
