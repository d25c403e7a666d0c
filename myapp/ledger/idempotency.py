"""Idempotency keys: the first success is remembered with the change itself, and answered again.

A refused request changed nothing, so nothing of it is remembered: its key is free. Posting a transaction
claims its key inside the write; every other request claims and completes it here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from myapp.ledger.dialects import insert_or_skip
from myapp.ledger.errors import IdempotencyKeyReused
from myapp.ledger.posting import Key
from myapp.ledger.tables import Idempotency

# The scope of keys that are used outside every ledger.
SERVICE = 0


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a key's first request was answered with: a body, or the transaction that it made."""

    status: int
    answer: Any | None
    txn_id: UUID | None


def claim(session: Session, scope: int, key: Key, *, now: datetime) -> Remembered | None:
    """Claim a key; return what it was answered with when it was used before.

    Waits for a request that is using the key right now.

    Raises:
        IdempotencyKeyReused: the key came with another request.
    """
    values = {
        "ledger_id": scope,
        "key": key.key,
        "fingerprint": key.fingerprint,
        "status": 0,
        "created_at": now,
    }
    statement = insert_or_skip(session, Idempotency, values).returning(Idempotency.key)
    if session.execute(statement).first() is not None:
        return None
    return recall(session, scope, key)


def complete(session: Session, scope: int, key: Key, *, status: int, answer: Any) -> None:
    """Remember the answer of a claimed key."""
    session.execute(
        update(Idempotency)
        .where(Idempotency.ledger_id == scope, Idempotency.key == key.key)
        .values(status=status, answer=answer)
    )


def recall(session: Session, scope: int, key: Key) -> Remembered:
    """Return what a used key was answered with.

    Raises:
        IdempotencyKeyReused: the key came with another request.
    """
    row = session.execute(
        select(Idempotency.fingerprint, Idempotency.status, Idempotency.answer, Idempotency.txn_id).where(
            Idempotency.ledger_id == scope, Idempotency.key == key.key
        )
    ).one()
    if row.fingerprint != key.fingerprint:
        raise IdempotencyKeyReused("This idempotency key was used for another request.")
    return Remembered(row.status, row.answer, row.txn_id)
