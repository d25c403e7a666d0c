"""Reads journals and bank statements in CSV.

A journal names a transaction in each row, and the rows of one stand together. A statement has one transaction
a row: what its amount says goes into the statement's account, out of it where negative, and the counter
account takes the opposite.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from myapp.http.times import first_instant
from myapp.interchange.conversion import EXACT, exact, sums
from myapp.interchange.csv_columns import METADATA, Columns, columns_of
from myapp.interchange.csv_table import Row, rows
from myapp.interchange.journal import Entry, Journal, JournalError, ReadOptions, Record, located
from myapp.interchange.names import account_path, asset_code, metadata, shown, words
from myapp.ledger.errors import InvalidAmount
from myapp.ledger.money import parse_quantity

# What each row of a transaction says for itself; all else is said of the transaction as a whole.
_OWN = frozenset({"account", "asset", "amount"})


@dataclass(frozen=True, slots=True)
class Line:
    """One row as read: its place, and its cells by column, without the empty ones."""

    where: str
    cells: dict[str, str]


def read(data: bytes, options: ReadOptions) -> Journal:
    """Read a journal in CSV.

    Raises:
        JournalError: for anything that is not a balanced journal, and for options that do not fit the file.
    """
    table = rows(data)
    header = next(table, None)
    if header is None:
        raise JournalError("the file is empty; a CSV journal begins with a header row")
    columns = columns_of(header, options)
    records = [_record(lines, options) for lines in _transactions(table, columns)]
    kept = tuple(record for record in records if record.entries)
    return Journal(kept, account_types={}, skipped=len(records) - len(kept))


def _transactions(table: Iterable[Row], columns: Columns) -> Iterator[Sequence[Line]]:
    lines = (Line(row.where, columns.cells(row)) for row in table)
    return _together(lines) if "transaction" in columns.places else ((line,) for line in lines)


def _together(lines: Iterable[Line]) -> Iterator[Sequence[Line]]:
    """Yield the lines of each transaction, once the next one begins.

    Raises:
        JournalError: a line names no transaction, or one that ended before.
    """
    ended: set[str] = set()
    current: list[Line] = []
    for line in lines:
        name = _needed(line, "transaction")
        if current and current[0].cells["transaction"] != name:
            yield current
            ended.add(current[0].cells["transaction"])
            current = []
        if name in ended:
            raise JournalError(
                f"the transaction {shown(name)} ended before: its rows stand together", where=line.where
            )
        current.append(line)
    if current:
        yield current


def _record(lines: Sequence[Line], options: ReadOptions) -> Record:
    first = _said_of_all(lines)
    entries = tuple(entry for line in lines for entry in _entries(line, options) if entry.quantity)
    with located(first.where):
        _check_balanced(entries)
        return Record(
            where=first.where,
            effective_at=_time(first),
            description=words(first.cells.get("description", "")),
            reference=first.cells.get("reference"),
            metadata=metadata(
                (name.removeprefix(METADATA), cell)
                for name, cell in first.cells.items()
                if name.startswith(METADATA)
            ),
            entries=entries,
        )


def _said_of_all(lines: Sequence[Line]) -> Line:
    """Return what the lines say of their transaction; it need not be said again after the first of them.

    Raises:
        JournalError: two lines say different things.
    """
    said: dict[str, str] = {}
    for line in lines:
        for name, cell in line.cells.items():
            if name not in _OWN and said.setdefault(name, cell) != cell:
                raise JournalError(
                    f"{shown(name)} is {shown(cell)}, but {shown(said[name])} in another row of the "
                    "same transaction",
                    where=line.where,
                )
    return Line(lines[0].where, said)


def _entries(line: Line, options: ReadOptions) -> Iterator[Entry]:
    with located(line.where):
        quantity = _quantity(line)
        # Zeros are dropped; one often has no asset.
        if not quantity:
            return
        asset = _asset(line, options)
        if options.account is None:
            yield Entry(account_path(_needed(line, "account")), asset, quantity)
        else:
            yield Entry(account_path(options.account), asset, quantity)
            yield Entry(account_path(options.counter_account or ""), asset, EXACT.minus(quantity))


def _quantity(line: Line) -> Decimal:
    try:
        return exact(parse_quantity(line.cells.get("amount", "")))
    except InvalidAmount as error:
        raise JournalError(error.detail, code="invalid_amount") from error


def _asset(line: Line, options: ReadOptions) -> str:
    asset = line.cells.get("asset") or options.default_asset
    if asset is None:
        raise JournalError("an amount has no asset, and no default_asset is given", code="invalid_amount")
    return asset_code(asset)


def _time(line: Line) -> datetime:
    try:
        return first_instant(_needed(line, "effective_at"))
    except ValueError as error:
        raise JournalError(f"effective_at: {error}") from error


def _needed(line: Line, column: str) -> str:
    cell = line.cells.get(column)
    if cell is None:
        raise JournalError(f"the column '{column}' is empty", where=line.where)
    return cell


def _check_balanced(entries: Iterable[Entry]) -> None:
    for asset, total in sums((entry.asset, entry.quantity) for entry in entries).items():
        if total:
            raise JournalError(
                f"the amounts of {shown(asset)} sum to {shown(f'{total:f}')}, not to zero", code="unbalanced"
            )
