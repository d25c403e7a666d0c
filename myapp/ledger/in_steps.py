"""The write on SQLite: the same pieces, one after another under its write lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Text, true, type_coerce
from sqlalchemy.orm import Session

from myapp.ledger import pieces
from myapp.ledger.core import BALANCE, TXN
from myapp.ledger.given import rows_of
from myapp.ledger.kit import SQLITE
from myapp.ledger.outcomes import BalanceAfter, Claim, Outcome, recorded_at
from myapp.ledger.plan import Plan
from myapp.ledger.running_totals import BY_DAY, BY_MONTH, upsert_balances, upsert_totals
from myapp.ledger.sources import materialized


@dataclass(frozen=True, slots=True)
class _Steps:
    """SQLite's statements, in their order."""

    resolve: Any
    claim: Any
    upsert: Any
    record: Any
    add_to_days: Any
    add_to_months: Any
    post: Any


def _in_steps() -> _Steps:
    rows = materialized(pieces.resolved(SQLITE), "resolved")
    landed = materialized(pieces.landed(SQLITE, rows, BALANCE), "landed")
    times = materialized(pieces.times_of(SQLITE, SQLITE.now), "times")
    return _Steps(
        resolve=pieces.resolved(SQLITE),
        claim=pieces.claim_keys(SQLITE, true()),
        upsert=upsert_balances(SQLITE, rows, true()),
        record=pieces.insert_transactions(SQLITE, true(), SQLITE.now, type_coerce(TXN.c.id, Text)),
        add_to_days=upsert_totals(SQLITE, BY_DAY, landed, true()),
        add_to_months=upsert_totals(SQLITE, BY_MONTH, landed, true()),
        post=pieces.insert_postings(SQLITE, landed, times, BY_DAY.table, BY_MONTH.table, true()),
    )


_STEPS = _in_steps()


def write_in_steps(session: Session, ledger_id: int, plan: Plan, claims: tuple[Claim, ...]) -> Outcome:
    """Write the plan and claim its keys."""
    parameters: dict[str, Any] = {"ledger_id": ledger_id, "now": datetime.now(UTC)}
    for source, rows in rows_of(plan, claims).items():
        parameters |= source.text(rows)
    # Straight on the session's connection, as nothing here is the ORM's.
    connection = session.connection()
    resolved = connection.execute(_STEPS.resolve, parameters).all()
    numbers = {(row.account_id, row.asset): row.number for row in resolved}
    unknown = frozenset(row.number for row in resolved if row.account_id is None)
    claimed = not unknown and (not claims or _count(connection, _STEPS.claim, parameters) == len(claims))
    if unknown or not claimed:
        return Outcome(unknown, claimed, {}, {})
    balances = {
        numbers[row.account_id, row.asset]: BalanceAfter(row.debits, row.credits, row.version)
        for row in connection.execute(_STEPS.upsert, parameters).all()
    }
    complete = len(balances) == len(plan.balances)
    return Outcome(unknown, claimed, balances, _record(connection, plan, parameters) if complete else {})


def _count(connection: Connection, statement: Any, parameters: Mapping[str, Any]) -> int:
    return len(connection.execute(statement, parameters).all())


def _record(connection: Connection, plan: Plan, parameters: Mapping[str, Any]) -> dict[UUID, datetime]:
    recorded = connection.execute(_STEPS.record, parameters).scalars().all()
    if len(recorded) == len(plan.entries):
        for step in (_STEPS.add_to_days, _STEPS.add_to_months, _STEPS.post):
            connection.execute(step, parameters)
        return recorded_at(plan, parameters["now"], ())
    missing = {each.id for each in plan.entries} - set(map(UUID, recorded))
    return recorded_at(plan, parameters["now"], missing)
