"""Balances in the past, on two axes: as of an effective time, and as it was known at a recorded time.

As of an effective time it is a short sum of day totals, and so is what took effect within a period. On both
axes at once the totals of each day are those that were known then. As known at a time alone it is what the
last posting by then left behind. No sum is over postings, but for the part of a day at an edge that is within
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from myapp.ledger import past
from myapp.ledger.days import Days, days_of
from myapp.ledger.past import Shape


@dataclass(frozen=True, slots=True)
class AsOf:
    """Inclusive bounds, None where there is none: the last effective and recorded time that count.

    With `since`, the first effective time that counts, it is no balance but what a period changed.
    """

    at: datetime | None = None
    known_at: datetime | None = None
    since: datetime | None = None


_PRESENT = AsOf()


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose balances: a ledger's, or those of one account, or in one asset."""

    ledger_id: int
    account_id: int | None = None
    asset: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A statement that others may be made of, and the parameters with which they are to be executed."""

    statement: Select[Any]
    parameters: Mapping[str, Any]


def nets(scope: Scope, as_of: AsOf | None) -> Question:
    """Select account_id, asset and net, which is debits minus credits; no row where nothing was posted."""
    as_of = as_of or _PRESENT
    # Of a ledger, a row of 0 would be an account on which nothing was posted yet.
    days = days_of(as_of.since, as_of.at, by_rest=scope.account_id is not None)
    shape, parameters = _shape(scope, as_of, days), _parameters(scope, as_of, days)
    if as_of == _PRESENT:
        return Question(past.present(shape), parameters)
    return Question(past.nets(shape), parameters)


def totals_as_of(
    session: Session, scope: Scope, as_of: AsOf
) -> dict[tuple[int, str], tuple[int, int, int | None]]:
    """Return (debits, credits, version known then) by account and asset, in the smallest unit.

    The version is None where it is the newest.
    """
    if as_of == _PRESENT:
        raise ValueError("The present is no sum: it stands in the balances.")
    days = days_of(as_of.since, as_of.at, by_rest=scope.account_id is not None)
    statement = past.totals(_shape(scope, as_of, days))
    rows = session.execute(statement, _parameters(scope, as_of, days)).all()
    return {(row.account_id, row.asset): (row.debits or 0, row.credits or 0, row.version) for row in rows}


def net_as_of(session: Session, scope: Scope, as_of: AsOf) -> int:
    """Return debits minus credits of a scope of one account and one asset, in the smallest unit."""
    asked = nets(scope, as_of)
    row = session.execute(asked.statement, asked.parameters).one_or_none()
    return 0 if row is None else int(row.net)


def _shape(scope: Scope, as_of: AsOf, days: Days) -> Shape:
    return Shape(
        account=scope.account_id is not None,
        asset=scope.asset is not None,
        first_day=days.first is not None,
        last_day=days.last is not None,
        edges=len(days.edges),
        known=as_of.known_at is not None,
    )


def _parameters(scope: Scope, as_of: AsOf, days: Days) -> dict[str, Any]:
    bounds: dict[str, Any] = {
        "account_id": scope.account_id,
        "asset": scope.asset,
        "first_day": days.first,
        "last_day": days.last,
        "known_at": as_of.known_at,
    }
    for number, edge in enumerate(days.edges):
        bounds |= {f"start_{number}": edge.start, f"end_{number}": edge.end, f"sign_{number}": edge.sign}
    return {
        "ledger_id": scope.ledger_id,
        **{name: bound for name, bound in bounds.items() if bound is not None},
    }
