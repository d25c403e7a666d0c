"""Which cell of a CSV row is which column of ours: by the header, and by what the caller says of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from unicodedata import normalize

from myapp.interchange.csv_table import Row
from myapp.interchange.journal import JournalError, ReadOptions
from myapp.interchange.names import shown

COLUMNS = ("transaction", "effective_at", "description", "reference", "account", "asset", "amount")
METADATA = "metadata."

# An export has a column for each metadata key of its ledger. Beyond this it is no table, and looking for ours
# would take its time.
_FIELDS_MAX = 100_000
# A refusal shows the header, but not all of a long one.
_HEADER_CHARS_MAX = 200


@dataclass(frozen=True, slots=True)
class Columns:
    """Where our columns are; `width` is how many cells every row has."""

    width: int
    places: Mapping[str, int]

    def cells(self, row: Row) -> dict[str, str]:
        """Return the row's cells by column; an empty cell says nothing and is left out.

        Raises:
            JournalError: the row has more or fewer cells than the header.
        """
        if len(row.cells) != self.width:
            raise JournalError(f"{len(row.cells)} fields, the header has {self.width}", where=row.where)
        return {name: cell for name, place in self.places.items() if (cell := row.cells[place])}


def columns_of(header: Row, options: ReadOptions) -> Columns:
    """Return where the columns are; headers that are nobody's are ignored.

    Raises:
        JournalError: `invalid_parameter` for options that contradict each other or that no file could meet,
            `invalid_request` for a header that lacks a column or has one twice.
    """
    _check_mapping(options.columns)
    _check_accounts(options)
    if len(header.cells) > _FIELDS_MAX:
        raise JournalError(f"the header has more than {_FIELDS_MAX} fields", where=header.where)
    places = _places(header, options.columns)
    _check_header(header, places, options)
    return Columns(len(header.cells), places)


def is_column(name: str) -> bool:
    """Tell whether it is a column of ours."""
    return name in COLUMNS or name.startswith(METADATA)


def _check_mapping(mapping: Mapping[str, str]) -> None:
    for column in mapping:
        if not is_column(column):
            known = ", ".join(COLUMNS)
            raise _contradiction(f"there is no column {shown(column)}: there are {known} and metadata.KEY")
    for header, times in Counter(mapping.values()).items():
        if times > 1:
            raise _contradiction(f"two columns are mapped to the header {shown(header)}")


def _check_accounts(options: ReadOptions) -> None:
    given = [account for account in (options.account, options.counter_account) if account is not None]
    if len(given) == 1:
        raise _contradiction("account and counter_account are given together")
    if given and len({normalize("NFC", account) for account in given}) == 1:
        raise _contradiction("account and counter_account are one account")
    if given and "account" in options.columns:
        raise _contradiction("either account is given, or map.account")


def _contradiction(message: str) -> JournalError:
    return JournalError(message, code="invalid_parameter")


def _places(header: Row, mapping: Mapping[str, str]) -> dict[str, int]:
    columns = {theirs: ours for ours, theirs in mapping.items()}
    places: dict[str, int] = {}
    for place, name in enumerate(header.cells):
        # What is mapped is that column alone, and no longer the one that its own name says.
        column = columns.get(name) or (name if is_column(name) and name not in mapping else None)
        if column is not None and places.setdefault(column, place) != place:
            raise JournalError(f"the header has {shown(name)} twice", where=header.where)
    return places


def _check_header(header: Row, places: Mapping[str, int], options: ReadOptions) -> None:
    for column, name in options.columns.items():
        if column not in places:
            raise _lacking(header, f"the header {shown(name)}, which map.{column} names")
    if options.account is not None and "transaction" in places:
        raise _contradiction("account and counter_account are for files without a column 'transaction'")
    if options.account is None and "transaction" not in places:
        raise _lacking(header, "a column 'transaction'; or give account and counter_account")
    for column in _needed(options):
        if column not in places:
            raise _lacking(header, f"a column '{column}'; or name its header with map.{column}")


def _needed(options: ReadOptions) -> tuple[str, ...]:
    asset = ("asset",) if options.default_asset is None else ()
    account = ("account",) if options.account is None else ()
    return ("effective_at", "amount", *asset, *account)


def _lacking(header: Row, what: str) -> JournalError:
    there = shown(",".join(header.cells)[:_HEADER_CHARS_MAX])
    return JournalError(f"the header {there} lacks {what}", where=header.where)
