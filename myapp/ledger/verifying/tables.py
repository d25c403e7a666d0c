"""How the rows of the tables that are verified are found and named."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Table

from myapp.ledger.core import LEDGER, LEDGER_ID


def own(table: Table) -> ColumnElement[bool]:
    """Return the condition that a row is of the ledger that is verified."""
    owner: ColumnElement[int] = table.c.id if table is LEDGER else table.c.ledger_id
    return owner == LEDGER_ID


def key_of(table: Table) -> dict[str, ColumnElement[object]]:
    """Return the columns that name a row within its ledger."""
    columns = list(table.primary_key)
    return {column.name: column for column in columns if len(columns) == 1 or column.name != "ledger_id"}
