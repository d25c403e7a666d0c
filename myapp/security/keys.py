"""API keys: random, prefixed, shown once; only their SHA-256 is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Text, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from myapp.ledger.errors import InvalidRequest
from myapp.ledger.ids import new_id
from myapp.ledger.ledgers import open_book
from myapp.ledger.rules import check_text
from myapp.ledger.tables import Base, Ledger
from myapp.ledger.types import Id, Instant, Int64, SortedText
from myapp.security.policy import Identity

PREFIX = "myapp_"
SCOPES = ("read", "write", "admin")
_SECRET_BYTES = 32


class ApiKey(Base):
    """A key. 256 random bits need no slow hash; `digest` is unique, so it is found by one look-up."""

    __tablename__ = "api_key"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(SortedText, unique=True)
    scopes: Mapped[str] = mapped_column(Text)
    ledger_id: Mapped[int | None] = mapped_column(Int64)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (ForeignKeyConstraint(["ledger_id"], ["ledger.id"]), {"sqlite_strict": True})


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as it is shown: never its secret."""

    id: UUID
    name: str
    scopes: Sequence[str]
    ledger: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def create(
    session: Session,
    name: str,
    scopes: Collection[str],
    *,
    now: datetime,
    ledger: str | None = None,
    expires_at: datetime | None = None,
) -> tuple[KeyView, str]:
    """Make a key and return it with its secret, which is not kept.

    Raises:
        InvalidRequest: the name or the scopes break their rules.
        LedgerNotFound: no such ledger.
    """
    if not name or not scopes or not set(scopes) <= set(SCOPES):
        raise InvalidRequest(f"A key has a name, and scopes among {', '.join(SCOPES)}.", pointer="/scopes")
    check_text(name, 255, pointer="/name")
    secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    ordered = [scope for scope in SCOPES if scope in scopes]
    values = {
        "id": new_id(),
        "name": name,
        "digest": digest_of(secret),
        "scopes": " ".join(ordered),
        "ledger_id": None if ledger is None else open_book(session, ledger).id,
        "created_at": now,
        "expires_at": expires_at,
    }
    session.execute(insert(ApiKey).values(values))
    return KeyView(values["id"], name, ordered, ledger, now, expires_at, None), secret  # type: ignore[arg-type]


def listed(session: Session) -> list[KeyView]:
    """Return all keys, the oldest first."""
    statement = select(ApiKey, Ledger.name).outerjoin(Ledger, Ledger.id == ApiKey.ledger_id)
    rows = session.execute(statement.order_by(ApiKey.created_at, ApiKey.id)).all()
    return [
        KeyView(key.id, key.name, key.scopes.split(), name, key.created_at, key.expires_at, key.revoked_at)
        for key, name in rows
    ]


def revoke(session: Session, key_id: UUID, *, now: datetime) -> bool:
    """Revoke a key; tell whether there was one to revoke."""
    statement = update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
    return len(session.execute(statement.values(revoked_at=now).returning(ApiKey.id)).all()) > 0


def identify(session: Session, secret: str, *, now: datetime) -> Identity | None:
    """Return whom a secret names; None when it is unknown, expired or revoked.

    The look-up compares digests, not secrets, so its timing tells nothing about the secret.
    """
    statement = (
        select(ApiKey.name, ApiKey.scopes, ApiKey.expires_at, Ledger.name.label("ledger"))
        .outerjoin(Ledger, Ledger.id == ApiKey.ledger_id)
        .where(ApiKey.digest == digest_of(secret), ApiKey.revoked_at.is_(None))
    )
    row = session.execute(statement).one_or_none()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return Identity(f"key:{row.name}", frozenset(row.scopes.split()), row.ledger)


def digest_of(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
