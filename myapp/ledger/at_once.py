"""The write on PostgreSQL: one statement between BEGIN and COMMIT."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from functools import reduce
from operator import add
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    func,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from myapp.ledger import pieces
from myapp.ledger.core import TXN
from myapp.ledger.given import rows_of
from myapp.ledger.inputs import DAYS, MONTHS, POSTINGS, TRANSACTIONS
from myapp.ledger.kit import POSTGRESQL
from myapp.ledger.outcomes import BalanceAfter, Claim, Outcome, recorded_at
from myapp.ledger.plan import Plan
from myapp.ledger.running_totals import BY_DAY, BY_MONTH, upsert_balances, upsert_totals
from myapp.ledger.sources import materialized
from myapp.ledger.types import Int64

_KEY_COUNT: ColumnElement[int] = bindparam("key_count", type_=Int64)
# What is told about the write as a whole, as types whose values nobody has to convert: the answer to a batch
# is read while others wait for its balances. `missing` are the ids of transactions that were not recorded.
_WHOLE: dict[str, TypeEngine[Any]] = {"claims": Integer(), "now": TIMESTAMP(timezone=True), "missing": Text()}


def _at_once() -> CompoundSelect[Any]:
    """Assemble PostgreSQL's one statement; data flows from piece to piece, so none runs too early."""
    given = {
        source: materialized(select(*POSTGRESQL.rows(source).c), f"{source.name}_given")
        for source in (TRANSACTIONS, POSTINGS, DAYS, MONTHS)
    }
    kit = replace(POSTGRESQL, rows=given.__getitem__)
    rows = pieces.resolved(POSTGRESQL).cte("resolved")
    ready = select(pieces.count_of(rows) == select(func.count(rows.c.account_id)).scalar_subquery())
    claimed = pieces.claim_keys(POSTGRESQL, ready.scalar_subquery()).cte("claimed")
    go = and_(
        ready.scalar_subquery(),
        pieces.count_of(claimed) == _KEY_COUNT,
        # Nobody shall wait for a balance while its writer reads JSON: to count the rows makes them. Asked
        # like this, PostgreSQL expects it to be true, and goes on to expect many rows.
        reduce(add, map(pieces.count_of, given.values())).is_not(None),
    )
    upserted = upsert_balances(POSTGRESQL, rows, go).cte("upserted")
    landed = pieces.landed(POSTGRESQL, rows, upserted).cte("landed")
    complete, now = _once_locked(rows, upserted)
    recorded = pieces.insert_transactions(kit, complete, now, TXN.c.id).cte("recorded")
    days, months = (
        upsert_totals(kit, each, landed, complete).returning(*each.table.c).cte(name)
        for each, name in ((BY_DAY, "days"), (BY_MONTH, "months"))
    )
    times = pieces.times_of(kit, now).cte("times")
    all_recorded = pieces.count_of(recorded) == pieces.count_of(times)
    posted = pieces.insert_postings(kit, landed, times, days, months, all_recorded).cte("posted")
    beside = times.outerjoin(recorded, recorded.c.id == times.c.id)
    missing = select(func.jsonb_agg(times.c.id)).select_from(beside).where(recorded.c.id.is_(None))
    return _answer(rows, landed, pieces.count_of(claimed), now, missing.scalar_subquery()).add_cte(posted)


def _once_locked(rows: CTE, upserted: CTE) -> tuple[ColumnElement[bool], ColumnElement[Any]]:
    """Return whether all balances have been written, and the time when they were."""
    # The clock is read when all are locked, so on one account a later version never has an earlier time.
    counted = select(func.count().label("balances"), POSTGRESQL.now.label("now")).select_from(upserted)
    locked = counted.cte("locked")
    complete = select(locked.c.balances == pieces.count_of(rows)).scalar_subquery()
    return complete, select(locked.c.now).scalar_subquery()


def _answer(rows: CTE, landed: CTE, *whole: ColumnElement[Any]) -> CompoundSelect[Any]:
    """Select a row about the whole write, and one about each balance; all as the driver makes them."""
    about = [cast(cell, type_).label(name) for cell, (name, type_) in zip(whole, _WHOLE.items(), strict=True)]
    balance = (rows.c.number, rows.c.account_id, landed.c.debits, landed.c.credits, landed.c.version)
    balances = select(*(cast(null(), type_) for type_ in _WHOLE.values()), *balance)
    return union_all(
        select(*about, *(cast(null(), Int64).label(cell.name) for cell in balance)),
        balances.select_from(rows.outerjoin(landed, landed.c.number == rows.c.number)),
    )


_AT_ONCE = _at_once()


def write_at_once(session: Session, ledger_id: int, plan: Plan, claims: tuple[Claim, ...]) -> Outcome:
    """Write the plan and claim its keys."""
    parameters: dict[str, Any] = {"ledger_id": ledger_id, "key_count": len(claims)}
    for source, rows in rows_of(plan, claims).items():
        parameters |= source.objects(rows)
    answer = session.connection().execute(_AT_ONCE, parameters).all()
    (whole,) = (row for row in answer if row.number is None)
    balances = [row[len(_WHOLE) :] for row in answer if row.number is not None]
    return Outcome(
        unknown=frozenset(number for number, account_id, *_ in balances if account_id is None),
        claimed=whole.claims == len(claims),
        balances={number: BalanceAfter(*after) for number, _, *after in balances if after[0] is not None},
        recorded_at=recorded_at(plan, whole.now.astimezone(UTC), _ids(whole.missing)),
    )


def _ids(document: str | None) -> frozenset[UUID]:
    return frozenset(msgspec.json.decode(document or "[]", type=list[UUID]))
