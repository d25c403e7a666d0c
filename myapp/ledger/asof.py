"""Balances in the past, on two axes: as of an effective time, and as it was known at a recorded time.

As of an effective time it is a short sum of the totals of months, and of days of those that are cut; so is
what took effect within a period. On both axes at once each of these totals is the one that was known then. As
known at a time alone it is what the last posting by then left behind. No sum is over postings, but for the
part of a day at an edge that is within it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from myapp.ledger import past
from myapp.ledger.past import Shape
from myapp.ledger.spans import Parts, parts_of


@dataclass(frozen=True, slots=True)
class AsOf:
    """Inclusive bounds, None where there is none: the last effective and recorded time that count.

    With `since`, the first effective time that counts, it is no balance but what a period changed.
    """

    at: datetime | None = None
    known_at: datetime | None = None
    since: datetime | None = None


_PRESENT = AsOf()
_NO_PARTS = Parts((), ())


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
    parts = _parts(as_of)
    shape, parameters = _shape(scope, as_of, parts), _parameters(scope, as_of, parts)
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
    parts = _parts(as_of)
    statement = past.totals(_shape(scope, as_of, parts))
    rows = session.execute(statement, _parameters(scope, as_of, parts)).all()
    return {(row.account_id, row.asset): (row.debits or 0, row.credits or 0, row.version) for row in rows}


def net_as_of(session: Session, scope: Scope, as_of: AsOf) -> int:
    """Return debits minus credits of a scope of one account and one asset, in the smallest unit."""
    asked = nets(scope, as_of)
    row = session.execute(asked.statement, asked.parameters).one_or_none()
    return 0 if row is None else int(row.net)


def _parts(as_of: AsOf) -> Parts:
    # Where it does not matter when something took effect, nothing has to be summed.
    return _NO_PARTS if as_of.at is None and as_of.since is None else parts_of(as_of.since, as_of.at)


def _shape(scope: Scope, as_of: AsOf, parts: Parts) -> Shape:
    return Shape(
        account=scope.account_id is not None,
        asset=scope.asset is not None,
        spans=tuple(span.unit for span in parts.spans),
        edges=len(parts.edges),
        known=as_of.known_at is not None,
    )


def _parameters(scope: Scope, as_of: AsOf, parts: Parts) -> dict[str, Any]:
    whose = {"account_id": scope.account_id, "asset": scope.asset, "known_at": as_of.known_at}
    parameters = {name: value for name, value in whose.items() if value is not None}
    for number, span in enumerate(parts.spans):
        parameters |= {f"first_{number}": span.first, f"last_{number}": span.last}
    for number, edge in enumerate(parts.edges):
        parameters |= {f"start_{number}": edge.start, f"end_{number}": edge.end}
    return {"ledger_id": scope.ledger_id, **parameters}
