"""Which journals can be read: the name of a format, and the function that reads it."""

from collections.abc import Mapping
from types import MappingProxyType

from myapp.interchange import beancount, csv_journal, hledger_json, ndjson_reader
from myapp.interchange.journal import Journal, JournalError, Reader, ReadOptions

__all__ = ["READERS", "ReadOptions", "Reader"]


def without_columns(read: Reader) -> Reader:
    """Return the reader of a format that has no columns: it refuses what is said of them.

    An option that nobody reads would let a journal seem to be imported as it was asked for.
    """

    def checked(data: bytes, options: ReadOptions) -> Journal:
        if options.columns or options.account is not None or options.counter_account is not None:
            raise JournalError(
                "a mapping of columns, account and counter_account are for csv alone",
                code="invalid_parameter",
            )
        return read(data, options)

    return checked


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "beancount": without_columns(beancount.read),
        "csv": csv_journal.read,
        "hledger-json": without_columns(hledger_json.read),
        "ndjson": without_columns(ndjson_reader.read),
    }
)
