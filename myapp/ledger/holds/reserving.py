"""Reserve: add a hold's amounts to the pending totals within the limits, and record the hold.

The same pieces as of posting, one after another on both databases. Pending debits and credits are not netted:
a partial capture may take one side before the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CTE, bindparam, select, true
from sqlalchemy.orm import Session

from myapp.ledger import pieces, running_totals
from myapp.ledger.dialects import insert_or_skip, is_postgresql
from myapp.ledger.drafts import Entry
from myapp.ledger.errors import ReferenceExists
from myapp.ledger.given import balance_rows
from myapp.ledger.holds.held import HOLD, HOLD_POSTING
from myapp.ledger.holds.tables import Hold
from myapp.ledger.inputs import BALANCES
from myapp.ledger.kit import POSTGRESQL, SQLITE, Kit, kit_of
from myapp.ledger.outcomes import BalanceAfter, Claim, Outcome
from myapp.ledger.plan import BalanceDelta, Plan, numbered
from myapp.ledger.running_totals import PENDING
from myapp.ledger.sources import Source, materialized
from myapp.ledger.types import Id, Instant, Int64

_POSTINGS = Source("hp", {"number": Int64, "position": Int64, "amount": Int64})


def plan_of(entry: Entry) -> Plan:
    """Return what holding an entry does to the balances; nothing is posted.

    Raises:
        AmountOutOfRange: a total of the hold does not fit into 64 bits.
    """
    deltas: dict[tuple[str, str], BalanceDelta] = {}
    for posting in entry.postings:
        key = (posting.account, posting.asset)
        delta = deltas.setdefault(key, BalanceDelta(0, *key))
        delta.debits += max(0, posting.amount_minor)
        delta.credits += max(0, -posting.amount_minor)
    for delta in deltas.values():
        delta.lowest = -delta.credits or None
        delta.highest = delta.debits or None
    return Plan((), numbered(deltas.values()), (), (), ())


def reserve(session: Session, ledger_id: int, plan: Plan, claims: tuple[Claim, ...] = ()) -> Outcome:
    """Add the plan's amounts to the pending totals, of accounts that exist; a hold claims no keys itself."""
    statements = _statements_of(session)
    given = {"ledger_id": ledger_id, **kit_of(session).given(BALANCES, balance_rows(plan.balances))}
    resolved = session.execute(statements.resolve, given).all()
    unknown = frozenset(row.number for row in resolved if row.account_id is None)
    if unknown:
        return Outcome(unknown, claimed=True, balances={}, recorded_at={})
    numbers = {(row.account_id, row.asset): row.number for row in resolved}
    upserted = session.execute(statements.upsert, given).all()
    balances = {
        numbers[row.account_id, row.asset]: BalanceAfter(row.debits, row.credits, row.version)
        for row in upserted
    }
    return Outcome(unknown, claimed=True, balances=balances, recorded_at={})


def record(
    session: Session, ledger_id: int, entry: Entry, planned: Plan, expires_at: datetime | None
) -> None:
    """Record a hold whose amounts are reserved.

    Raises:
        ReferenceExists: another hold has its reference.
    """
    hold = insert_or_skip(session, Hold, _hold(session, ledger_id, entry, expires_at))
    if session.execute(hold.returning(HOLD.c.id)).first() is None:
        raise ReferenceExists(f"Another hold has the reference {entry.reference!r}.", pointer="/reference")
    numbers = {(delta.account, delta.asset): delta.number for delta in planned.balances}
    rows = [
        (numbers[posting.account, posting.asset], position, posting.amount_minor)
        for position, posting in enumerate(entry.postings)
    ]
    given = kit_of(session).given
    balances, postings = given(BALANCES, balance_rows(planned.balances)), given(_POSTINGS, rows)
    keys = {"ledger_id": ledger_id, "hold_id": entry.id, "expires_at": expires_at}
    session.execute(_statements_of(session).postings, {**keys, **balances, **postings})


def _hold(session: Session, ledger_id: int, entry: Entry, expires_at: datetime | None) -> dict[str, Any]:
    return {
        "ledger_id": ledger_id,
        "id": entry.id,
        "status": "open",
        "description": entry.description,
        "reference": entry.reference,
        "effective_at": entry.effective_at,
        # The clock that tells the time of transactions.
        "recorded_at": POSTGRESQL.now if is_postgresql(session) else datetime.now(UTC),
        "actor": entry.actor,
        "metadata": entry.metadata,
        "expires_at": expires_at,
    }


@dataclass(frozen=True, slots=True)
class _Statements:
    resolve: Any
    upsert: Any
    postings: Any


def _statements(kit: Kit) -> _Statements:
    rows = materialized(pieces.resolved(kit), "resolved")
    return _Statements(
        resolve=pieces.resolved(kit),
        upsert=running_totals.upsert_balances(kit, rows, true(), PENDING),
        postings=_insert_postings(kit, rows),
    )


def _insert_postings(kit: Kit, rows: CTE) -> Any:
    postings = kit.rows(_POSTINGS)
    values = {
        "ledger_id": rows.c.ledger_id,
        "hold_id": bindparam("hold_id", type_=Id()),
        "position": postings.c.position,
        "account_id": rows.c.account_id,
        "asset": rows.c.asset,
        "amount": postings.c.amount,
        "remaining": postings.c.amount,
        "expires_at": bindparam("expires_at", type_=Instant()),
    }
    selected = (
        select(*(value.label(f"new_{name}") for name, value in values.items()))
        .select_from(postings)
        .join(rows, rows.c.number == postings.c.number, isouter=kit.outer)
    )
    return kit.insert(HOLD_POSTING).from_select(list(values), selected)


_ON_POSTGRESQL, _ON_SQLITE = _statements(POSTGRESQL), _statements(SQLITE)


def _statements_of(session: Session) -> _Statements:
    return _ON_POSTGRESQL if is_postgresql(session) else _ON_SQLITE
