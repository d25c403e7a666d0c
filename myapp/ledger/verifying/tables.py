"""The tables that are verified, and how their rows are found and named."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Table

from myapp.ledger.pieces import LEDGER_ID
from myapp.ledger.tables import Base

LEDGER, ASSET, ACCOUNT, BALANCE, BALANCE_DAY, BALANCE_MONTH = (
    Base.metadata.tables[name]
    for name in ("ledger", "asset", "account", "balance", "balance_day", "balance_month")
)
TXN, TXN_METADATA, POSTING, IDEMPOTENCY = (
    Base.metadata.tables[name] for name in ("txn", "txn_metadata", "posting", "idempotency")
)


def own(table: Table) -> ColumnElement[bool]:
    """Return the condition that a row is of the ledger that is verified."""
    owner: ColumnElement[int] = table.c.id if table is LEDGER else table.c.ledger_id
    return owner == LEDGER_ID


def key_of(table: Table) -> dict[str, ColumnElement[object]]:
    """Return the columns that name a row within its ledger."""
    columns = list(table.primary_key)
    return {column.name: column for column in columns if len(columns) == 1 or column.name != "ledger_id"}
