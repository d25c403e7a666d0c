"""What a check is made of: rules, each one SELECT of the rows that break it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Table, Text, func, literal_column, or_, select
from sqlalchemy.orm import Session

from myapp.ledger.books import Book
from myapp.ledger.core import ACCOUNT, LEDGER_ID
from myapp.ledger.money import SCALE_MAX, format_amount
from myapp.ledger.verifying.spelling import shown
from myapp.ledger.verifying.tables import key_of, own

# So many rows are named; how many there are is told besides.
PROBLEMS_MAX = 100
# Rows read at a time where the database cannot judge by itself.
_BATCH_ROWS = 5_000

# What a row should say and what it says, by what that is called.
Compared = Mapping[str, tuple[ColumnElement[Any], ColumnElement[Any]]]
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WrongRow:
    """One row that is wrong: where it is, what is wrong, and what differs from what it must be."""

    table: str
    key: Values
    message: str
    expected: Values
    found: Values


@dataclass(frozen=True, slots=True)
class Found:
    """The rows that break a rule: how many, and the first of them."""

    count: int
    problems: list[WrongRow]


@dataclass(frozen=True, slots=True)
class Rule:
    """A SELECT of the rows that break a rule, whose columns begin with `key_`, `expected_` or `found_`."""

    table: str
    message: str
    statement: Select[Any]

    def broken(self, session: Session, book: Book) -> Found:
        """Return the rows that break it."""
        rows = session.execute(self.statement, {"ledger_id": book.id}).mappings().all()
        problems = [self._problem(dict(row), book) for row in rows]
        return Found(rows[0]["problem_count"] if rows else 0, problems)

    def _problem(self, row: Mapping[str, Any], book: Book) -> WrongRow:
        key, expected, found = (_members(row, prefix) for prefix in ("key_", "expected_", "found_"))
        differing = [name for name in expected if expected[name] != found[name]]
        scale = _scale(book, key.get("asset"))

        def told(values: Values, names: Iterable[str]) -> Values:
            return {name: _told(values[name], scale) for name in names}

        return WrongRow(
            self.table, told(key, key), self.message, told(expected, differing), told(found, differing)
        )


def _members(row: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)}


def _scale(book: Book, asset: str | None) -> int:
    # Where no asset tells, or it was tampered with, an amount is told in the smallest unit.
    scale = 0 if asset is None else book.scales.get(asset, 0)
    return scale if 0 <= scale <= SCALE_MAX else 0


def _told(value: Any, scale: int) -> Any:
    return format_amount(int(value), scale) if isinstance(value, Decimal) else value


def rule(
    table: str,
    message: str,
    source: FromClause,
    key: Mapping[str, ColumnElement[Any]],
    compared: Compared,
    *conditions: ColumnElement[bool],
    wrong: ColumnElement[bool] | None = None,
) -> Rule:
    """Return the rule that what is compared is the same, or, where that is said, that a row is not `wrong`.

    `conditions` say which rows of the source are asked.
    """
    columns = [shown(column).label(f"key_{name}") for name, column in key.items()]
    for name, (expected, found) in compared.items():
        columns += [shown(expected).label(f"expected_{name}"), shown(found).label(f"found_{name}")]
    if wrong is None:
        wrong = or_(*(expected.is_distinct_from(found) for expected, found in compared.values()))
    rows = select(*columns).select_from(source).where(*conditions, wrong).subquery("wrong")
    return Rule(table, message, _first_of(rows, key))


def _first_of(rows: FromClause, key: Mapping[str, Any]) -> Select[Any]:
    # In the order of the key, so that the same books are always told in the same words.
    order = [rows.c[f"key_{name}"] for name in key]
    columns: list[ColumnElement[Any]] = [*rows.c, func.count().over().label("problem_count")]
    if "account_id" in key:
        path = select(ACCOUNT.c.path).where(
            ACCOUNT.c.ledger_id == LEDGER_ID, ACCOUNT.c.id == rows.c.key_account_id
        )
        columns.append(path.scalar_subquery().label("key_account"))
    return select(*columns).order_by(*order).limit(literal_column(str(PROBLEMS_MAX)))


def told(text: str) -> ColumnElement[str]:
    """Return a constant text: what is expected, where that is no single value."""
    return literal_column(f"'{text}'", Text())


@dataclass(frozen=True, slots=True)
class NameRule:
    """That every name of a table is one; no database knows what Unicode calls printable."""

    table: Table
    column: str
    message: str
    is_name: Callable[[str], bool]

    def broken(self, session: Session, book: Book) -> Found:
        """Return the rows whose name is none."""
        wrong = [row for row in self._rows(session, book) if not self.is_name(row[self.column])]
        problems = [self._problem(row) for row in wrong[:PROBLEMS_MAX]]
        return Found(len(wrong), problems)

    def _problem(self, row: Values) -> WrongRow:
        return WrongRow(self.table.name, row, self.message, {}, {self.column: row[self.column]})

    def _rows(self, session: Session, book: Book) -> Iterator[Values]:
        # In batches along the name's index, because a cursor that stays open on the server would outlive a
        # request that is interrupted.
        name = self.table.c[self.column]
        columns = dict.fromkeys([*key_of(self.table).values(), name])
        statement = select(*columns).where(own(self.table)).order_by(name).limit(_BATCH_ROWS)
        batch = statement
        while True:
            rows = session.execute(batch, {"ledger_id": book.id}).mappings().all()
            yield from (dict(row) for row in rows)
            if len(rows) < _BATCH_ROWS:
                return
            batch = statement.where(name > rows[-1][self.column])


@dataclass(frozen=True, slots=True)
class Check:
    """Rules about one thing; `table` is the one whose rows are counted, of this ledger or `everywhere`."""

    name: str
    table: Table
    rules: tuple[Rule | NameRule, ...]
    everywhere: bool = False
