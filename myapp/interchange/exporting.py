"""Which journals can be written: the name of a format, its media type, and the function that writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from myapp.interchange import beancount_export, csv_export, hledger_export, ndjson_export
from myapp.ledger.journal_rows import JournalRows


@dataclass(frozen=True, slots=True)
class Format:
    """How books are written out; `write` yields pieces of a file in UTF-8, as the rows come."""

    media_type: str
    extension: str
    write: Callable[[JournalRows], Iterator[bytes]]


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "hledger": Format("text/plain", "journal", hledger_export.write),
        "beancount": Format("text/plain", "beancount", beancount_export.write),
        "csv": Format("text/csv", "csv", csv_export.write),
        "ndjson": Format("application/x-ndjson", "ndjson", ndjson_export.write),
    }
)
MEDIA_TYPES = tuple(sorted({each.media_type for each in FORMATS.values()}))
