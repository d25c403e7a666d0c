"""Claim many idempotency keys in one statement, and give back those whose requests were refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from msgspec import Struct
from sqlalchemy import TableClause, and_, delete, select, true
from sqlalchemy.orm import Session

from myapp.ledger.assembled import Assembled
from myapp.ledger.core import IDEMPOTENCY, LEDGER_ID
from myapp.ledger.inputs import KEYS
from myapp.ledger.kit import Kit
from myapp.ledger.outcomes import Claim
from myapp.ledger.pieces import claim_keys


class Used(Struct, frozen=True):
    """What a key was used for: a request, and the transaction that answered it, if it was one."""

    fingerprint: str
    status: int
    txn_id: UUID | None


def claim_all(session: Session, ledger_id: int, claims: Iterable[Claim], *, now: datetime) -> dict[str, Used]:
    """Claim each key that is free; return what the others were used for.

    Waits for a request that is using one of them right now. They are claimed in their order, because two
    batches with the same keys in different order would deadlock.
    """
    ordered = sorted(claims, key=lambda claim: claim.key)
    if not ordered:
        return {}
    claimed = set(_CLAIM.run(session, _rows(ordered), ledger_id=ledger_id, now=now).scalars())
    return look_up(session, ledger_id, [claim.key for claim in ordered if claim.key not in claimed])


def release_all(session: Session, ledger_id: int, claims: Collection[Claim]) -> None:
    """Give back keys that this transaction has claimed; until it ends, no other one can take them."""
    if claims:
        _RELEASE.run(session, _rows(claims), ledger_id=ledger_id)


def look_up(session: Session, ledger_id: int, keys: Collection[str]) -> dict[str, Used]:
    """Return what those of the keys that are taken were used for."""
    if not keys:
        return {}
    asked = [(key, "", 0, None) for key in keys]
    rows = _LOOK_UP.run(session, asked, ledger_id=ledger_id).all()
    taken = (row for row in rows if row.fingerprint is not None)
    return {row.key: Used(row.fingerprint, row.status, row.txn_id) for row in taken}


def _rows(claims: Iterable[Claim]) -> list[tuple[Any, ...]]:
    return [(each.key, each.fingerprint, each.status, each.txn_id) for each in claims]


def _look_up(kit: Kit) -> Any:
    rows = kit.rows(KEYS)
    same = and_(IDEMPOTENCY.c.ledger_id == LEDGER_ID, IDEMPOTENCY.c.key == rows.c.key)
    found = (rows.c.key, IDEMPOTENCY.c.fingerprint, IDEMPOTENCY.c.status, IDEMPOTENCY.c.txn_id)
    return select(*found).select_from(rows.join(IDEMPOTENCY, same, isouter=kit.outer))


def _release(kit: Kit) -> Any:
    keys = select(kit.rows(KEYS).c.key)
    return delete(cast(TableClause, IDEMPOTENCY)).where(
        IDEMPOTENCY.c.ledger_id == LEDGER_ID, IDEMPOTENCY.c.key.in_(keys)
    )


_CLAIM = Assembled(KEYS, lambda kit: claim_keys(kit, true()))
_LOOK_UP = Assembled(KEYS, _look_up)
_RELEASE = Assembled(KEYS, _release)
