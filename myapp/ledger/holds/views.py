"""What is answered about a hold: a transaction's fields, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

STATUSES = ("open", "captured", "voided", "expired")


@dataclass(frozen=True, slots=True)
class HeldView:
    """An amount on an account, as it was asked for or as it is still held."""

    account: str
    asset: str
    amount: str


@dataclass(frozen=True, slots=True)
class HoldView:
    """A hold; `remaining` is what is still held, `captures` are the transactions that took the rest."""

    id: UUID
    ledger: str
    kind: str
    description: str
    reference: str | None
    effective_at: datetime
    recorded_at: datetime
    actor: str
    metadata: Mapping[str, str]
    reverses: None
    reversed_by: None
    postings: Sequence[HeldView]
    status: str
    expires_at: datetime | None
    remaining: Sequence[HeldView]
    captures: Sequence[UUID]
