"""A key that came before with another request is refused as that, whatever else is wrong with this one.

A client that takes one key for two requests by mistake would not find out otherwise, as long as its second
request is refused anyway.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from myapp.ledger.errors import (
    AmountOutOfRange,
    IdempotencyKeyReused,
    InvalidAmount,
    InvalidRequest,
    Unbalanced,
    UnknownAccount,
    UnknownAsset,
)
from myapp.ledger.tables import Idempotency

# What may be refused before the write has claimed the key.
BEFORE_THE_CLAIM = (
    AmountOutOfRange,
    InvalidAmount,
    InvalidRequest,
    Unbalanced,
    UnknownAccount,
    UnknownAsset,
)


def refuse_reuse(session: Session, ledger_id: int, key: str, fingerprint: str) -> None:
    """Refuse a key that another request has used.

    Raises:
        IdempotencyKeyReused: one has.
    """
    used = select(Idempotency.fingerprint).where(Idempotency.ledger_id == ledger_id, Idempotency.key == key)
    if session.scalars(used).one_or_none() not in (None, fingerprint):
        raise IdempotencyKeyReused("This idempotency key was used for another request.")
