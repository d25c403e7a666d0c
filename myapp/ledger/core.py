"""The tables, and the parameter that tells the ledger, for statements that need nothing of the ORM."""

from __future__ import annotations

from sqlalchemy import ColumnElement, bindparam

from myapp.ledger.tables import (
    Account,
    Asset,
    Balance,
    BalanceDay,
    BalanceMonth,
    Idempotency,
    Ledger,
    Posting,
    Transaction,
    TransactionMetadata,
    table_of,
)
from myapp.ledger.types import Int64

LEDGER, ASSET, ACCOUNT, BALANCE, BALANCE_DAY, BALANCE_MONTH = (
    table_of(model) for model in (Ledger, Asset, Account, Balance, BalanceDay, BalanceMonth)
)
TXN, TXN_METADATA, POSTING, IDEMPOTENCY = (
    table_of(model) for model in (Transaction, TransactionMetadata, Posting, Idempotency)
)

LEDGER_ID: ColumnElement[int] = bindparam("ledger_id", type_=Int64)
# In an UPDATE, where SQLAlchemy takes a parameter with the name of a column for a new value.
OWN_LEDGER_ID: ColumnElement[int] = bindparam("own_ledger_id", type_=Int64)
