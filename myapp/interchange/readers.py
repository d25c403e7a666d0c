"""Which journals can be read: the name of a format, and the function that reads it."""

from collections.abc import Mapping
from pathlib import PurePath
from types import MappingProxyType

from myapp.interchange import beancount, csv_journal, hledger_json, ndjson_reader
from myapp.interchange.journal import Journal, JournalError, Reader, ReadOptions
from myapp.ledger.errors import InvalidRequest

__all__ = ["READERS", "ReadOptions", "Reader", "format_of"]


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

_SUFFIXES: Mapping[str, str] = MappingProxyType(
    {
        ".json": "hledger-json",
        ".beancount": "beancount",
        ".bean": "beancount",
        ".csv": "csv",
        ".ndjson": "ndjson",
    }
)


def format_of(file_name: str) -> str:
    """Return the format that a file's name tells.

    Raises:
        InvalidRequest: it tells none.
    """
    name = _SUFFIXES.get(PurePath(file_name).suffix.lower())
    if name is None:
        raise InvalidRequest(
            f"The name {file_name} tells no format: choose one of {', '.join(READERS)}.",
            pointer="/format",
        )
    return name
