"""Rows whose ledger is not there: nobody who looks at one ledger ever meets them."""

from __future__ import annotations

from sqlalchemy import Table, func, literal_column, select

from myapp.ledger.core import IDEMPOTENCY, LEDGER
from myapp.ledger.idempotency import SERVICE
from myapp.ledger.tables import Base
from myapp.ledger.types import Int64
from myapp.ledger.verifying.rule import Check, Rule, rule


def check() -> Check:
    """Return the check of every table that the ledgers share, those of other rooms among them."""
    tables = [table for _, table in sorted(Base.metadata.tables.items()) if "ledger_id" in table.columns]
    return Check("owners", LEDGER, tuple(_owned(table) for table in tables), everywhere=True)


def _owned(table: Table) -> Rule:
    # A key of the whole service has NULL in the place of a ledger, and an idempotency key 0.
    of_the_service = literal_column(str(SERVICE), Int64)
    kept = [table.c.ledger_id != of_the_service] if table is IDEMPOTENCY else []
    strays = (
        select(table.c.ledger_id, func.count(type_=Int64).label("rows"))
        .select_from(table.outerjoin(LEDGER, LEDGER.c.id == table.c.ledger_id))
        .where(LEDGER.c.id.is_(None), table.c.ledger_id.is_not(None), *kept)
        .group_by(table.c.ledger_id)
        .subquery("strays")
    )
    return rule(
        table.name,
        "The rows belong to a ledger that is not there.",
        strays,
        {"ledger_id": strays.c.ledger_id},
        {"rows": (literal_column("0", Int64), strays.c.rows)},
    )
