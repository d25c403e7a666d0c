"""What every reader makes of a journal: records of entries, or one refusal that says where."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

JournalCode = Literal[
    "invalid_request", "unbalanced", "invalid_amount", "malformed_json", "invalid_parameter"
]


@dataclass(frozen=True, slots=True)
class Entry:
    """One posting of a record; a positive quantity, in the asset's unit, is a debit."""

    account: str
    asset: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Record:
    """One transaction of a journal, whose entries sum to zero for each asset.

    `where` ("line 12", "index 3") names it in refusals; `effective_at` is the first instant of its day, UTC,
    where the journal tells no time.
    """

    where: str
    effective_at: datetime
    description: str
    reference: str | None
    metadata: Mapping[str, str]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Journal:
    """A whole journal, read.

    `account_types` maps an account's path to asset, liability, equity, income or expense where the journal
    itself tells. `skipped` counts the records in which nothing but zeros was posted.
    """

    records: tuple[Record, ...]
    account_types: Mapping[str, str]
    skipped: int


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the caller adds to a journal; `default_asset` is the asset of amounts without a commodity.

    The rest is for CSV: `columns` maps a column of ours to the file's own header for it, and the accounts are
    those of a bank statement, which names none.
    """

    default_asset: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    account: str | None = None
    counter_account: str | None = None


Reader = Callable[[bytes, ReadOptions], Journal]


class JournalError(Exception):
    """The journal cannot be read.

    `where` is the line or the index at fault, None when the whole file is; `code` is the API's error code.
    """

    def __init__(
        self, message: str, *, where: str | None = None, code: JournalCode = "invalid_request"
    ) -> None:
        super().__init__(message if where is None else f"{where}: {message}")
        self.message = message
        self.where = where
        self.code: JournalCode = code


@contextmanager
def located(where: str) -> Iterator[None]:
    """Say where a refusal happened, so that the rules themselves need not know.

    Raises:
        JournalError: the one raised inside, with its place.
    """
    try:
        yield
    except JournalError as error:
        raise JournalError(error.message, where=error.where or where, code=error.code) from error
