"""The hot path: one write, whole or not at all.

PostgreSQL gets one statement between BEGIN and COMMIT, SQLite the same pieces one after another under
its write lock. Nothing is written unless every account exists; whatever else is refused shows as a row
that is missing from the answer, and then the caller must let the transaction abort.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import reduce
from operator import add
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    and_,
    bindparam,
    cast,
    func,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from myapp.ledger import pieces
from myapp.ledger.core import BALANCE
from myapp.ledger.inputs import BALANCES, DAYS, KEYS, MONTHS, POSTINGS, TRANSACTIONS
from myapp.ledger.kit import POSTGRESQL, SQLITE
from myapp.ledger.plan import BalanceDelta, PeriodDelta, Plan, Reached
from myapp.ledger.running_totals import BY_DAY, BY_MONTH, upsert_balances, upsert_totals
from myapp.ledger.sources import Source, materialized
from myapp.ledger.types import Id, Instant, Int64, dump_document

_KEY_COUNT: ColumnElement[int] = bindparam("key_count", type_=Int64)


class Claim(Struct, frozen=True):
    """An idempotency key with the fingerprint of its request, and the transaction that answers it."""

    key: str
    fingerprint: str
    txn_id: UUID | None
    status: int = 201


class BalanceAfter(Struct, frozen=True):
    """A balance row just after the write, in the smallest unit."""

    debits: int
    credits: int
    version: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the database did. `unknown` are numbers of balances whose account does not exist."""

    unknown: frozenset[int]
    claimed: bool
    balances: Mapping[int, BalanceAfter]
    recorded_at: Mapping[UUID, datetime]

    def refused(self, plan: Plan) -> tuple[int, ...]:
        """Return the numbers of the balances that refused: limits, or an account that is not open."""
        return tuple(each.number for each in plan.balances if each.number not in self.balances)


def write(session: Session, ledger_id: int, plan: Plan, claims: tuple[Claim, ...] = ()) -> Outcome:
    """Write the plan and claim its keys, in one go."""
    if session.get_bind().dialect.name == "postgresql":
        return _write_at_once(session, ledger_id, plan, claims)
    return _write_in_steps(session, ledger_id, plan, claims)


def balance_rows(deltas: Iterable[BalanceDelta]) -> list[tuple[Any, ...]]:
    """Return the rows of `BALANCES` for what a write does to balances."""
    return [
        (
            each.number,
            each.account,
            each.asset,
            each.debits,
            each.credits,
            each.postings,
            each.lowest,
            each.highest,
        )
        for each in deltas
    ]


def _rows(plan: Plan, claims: tuple[Claim, ...]) -> dict[Source, list[tuple[Any, ...]]]:
    return {
        BALANCES: balance_rows(plan.balances),
        TRANSACTIONS: [
            (
                number,
                each.id,
                each.kind,
                each.description,
                each.reference,
                each.effective_at,
                each.recorded_at,
                each.actor,
                dump_document(each.metadata),
                each.reverses,
            )
            for number, each in enumerate(plan.entries)
        ],
        POSTINGS: [
            (
                each.balance.number,
                each.entry.id,
                each.position,
                each.amount,
                each.later,
                each.remaining_debits,
                each.remaining_credits,
                *_reached(each.day),
                *_reached(each.month),
            )
            for each in plan.postings
        ],
        DAYS: _totals_rows(plan.days),
        MONTHS: _totals_rows(plan.months),
        KEYS: [(each.key, each.fingerprint, each.status, each.txn_id) for each in claims],
    }


def _reached(reached: Reached) -> tuple[int, int, int]:
    return reached.delta.period, reached.later_debits, reached.later_credits


def _totals_rows(deltas: Iterable[PeriodDelta]) -> list[tuple[Any, ...]]:
    return [
        (each.balance.number, each.period, each.debits, each.credits, each.after_first, each.after_last)
        for each in deltas
    ]


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
    complete = pieces.count_of(upserted) == pieces.count_of(rows)
    recorded = pieces.insert_transactions(kit, complete).cte("recorded")
    days, months = (
        upsert_totals(kit, each, rows, upserted, complete).returning(*each.table.c).cte(name)
        for each, name in ((BY_DAY, "days"), (BY_MONTH, "months"))
    )
    posted = pieces.insert_postings(kit, rows, upserted, recorded, days, months).cte("posted")
    return _answer(rows, claimed, upserted, recorded).add_cte(posted)


def _answer(rows: Any, claimed: Any, upserted: Any, recorded: Any) -> CompoundSelect[Any]:
    same = and_(upserted.c.account_id == rows.c.account_id, upserted.c.asset == rows.c.asset)
    claims = pieces.count_of(claimed).label("claims")
    balances = select(
        claims,
        rows.c.number,
        rows.c.account_id,
        upserted.c.debits,
        upserted.c.credits,
        upserted.c.version,
        cast(null(), Id()).label("txn_id"),
        cast(null(), Instant()).label("recorded_at"),
    ).select_from(rows.outerjoin(upserted, same))
    no_number = cast(null(), Int64)
    transactions = select(claims, *([no_number] * 5), recorded.c.id.label("txn_id"), recorded.c.recorded_at)
    return union_all(balances, transactions)


_AT_ONCE = _at_once()


def _write_at_once(session: Session, ledger_id: int, plan: Plan, claims: tuple[Claim, ...]) -> Outcome:
    parameters: dict[str, Any] = {"ledger_id": ledger_id, "key_count": len(claims)}
    for source, rows in _rows(plan, claims).items():
        parameters |= source.objects(rows)
    answer = session.connection().execute(_AT_ONCE, parameters).all()
    balances = [row for row in answer if row.txn_id is None]
    return Outcome(
        unknown=frozenset(row.number for row in balances if row.account_id is None),
        claimed=answer[0].claims == len(claims),
        balances={
            row.number: BalanceAfter(row.debits, row.credits, row.version)
            for row in balances
            if row.version is not None
        },
        recorded_at={row.txn_id: row.recorded_at for row in answer if row.txn_id is not None},
    )


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
    recorded = materialized(pieces.times_of(SQLITE), "recorded")
    return _Steps(
        resolve=pieces.resolved(SQLITE),
        claim=pieces.claim_keys(SQLITE, true()),
        upsert=upsert_balances(SQLITE, rows, true()),
        record=pieces.insert_transactions(SQLITE, true()),
        add_to_days=upsert_totals(SQLITE, BY_DAY, rows, BALANCE, true()),
        add_to_months=upsert_totals(SQLITE, BY_MONTH, rows, BALANCE, true()),
        post=pieces.insert_postings(SQLITE, rows, BALANCE, recorded, BY_DAY.table, BY_MONTH.table),
    )


_STEPS = _in_steps()


def _write_in_steps(session: Session, ledger_id: int, plan: Plan, claims: tuple[Claim, ...]) -> Outcome:
    parameters: dict[str, Any] = {"ledger_id": ledger_id, "now": datetime.now(UTC)}
    for source, rows in _rows(plan, claims).items():
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
    recorded = {row.id: row.recorded_at for row in connection.execute(_STEPS.record, parameters).all()}
    if len(recorded) == len(plan.entries):
        for step in (_STEPS.add_to_days, _STEPS.add_to_months, _STEPS.post):
            connection.execute(step, parameters)
    return recorded
