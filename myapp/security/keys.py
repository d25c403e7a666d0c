"""API keys: random, prefixed, shown once; only their SHA-256 is kept.

A secret is `myapp_`, the key's id, and 256 random bits. The id is no secret: by it the row is found, and
then the digests are compared in constant time, so that no look-up's timing tells anything of a digest.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKeyConstraint,
    FromClause,
    Select,
    Text,
    bindparam,
    insert,
    select,
    true,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from myapp.ledger.books import beginning_of_book, keep_open, open_book
from myapp.ledger.errors import InvalidRequest, KeyNotFound, LedgerNotFound
from myapp.ledger.ids import new_id
from myapp.ledger.paging import page_of
from myapp.ledger.rules import check_text
from myapp.ledger.tables import STRICT, Base, Ledger, table_of
from myapp.ledger.types import Id, Instant, Int64, SortedText
from myapp.ledger.views import Page
from myapp.security.policy import Identity

PREFIX = "myapp_"
SCOPES = ("read", "write", "admin")
NAME_CHARS_MAX = 255
_SECRET_BYTES = 32
_SECRET = re.compile(PREFIX + r"(?P<id>[0-9a-f]{32})_[A-Za-z0-9_-]{43}")


class ApiKey(Base):
    """A key. 256 random bits need no slow hash."""

    __tablename__ = "api_key"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(SortedText, unique=True)
    scopes: Mapped[str] = mapped_column(Text)
    ledger_id: Mapped[int | None] = mapped_column(Int64)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (ForeignKeyConstraint(["ledger_id"], ["ledger.id"]), STRICT)


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


@dataclass(frozen=True, slots=True)
class MadeKey(KeyView):
    """A new key with its secret, which is None wherever the answer is given again."""

    secret: str | None

    @classmethod
    def of(cls, view: KeyView, secret: str | None) -> MadeKey:
        """Return the key together with its secret."""
        times = (view.created_at, view.expires_at, view.revoked_at)
        return cls(view.id, view.name, view.scopes, view.ledger, *times, secret)


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
    _check(name, scopes)
    key_id = new_id()
    secret = f"{PREFIX}{key_id.hex}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    ordered = [scope for scope in SCOPES if scope in scopes]
    values = {
        "id": key_id,
        "name": name,
        "digest": digest_of(secret),
        "scopes": " ".join(ordered),
        "ledger_id": None if ledger is None else _ledger_id(session, ledger),
        "created_at": now,
        "expires_at": expires_at,
    }
    session.execute(insert(ApiKey).values(values))
    return KeyView(key_id, name, ordered, ledger, now, expires_at, None), secret


def _ledger_id(session: Session, ledger: str) -> int:
    # No ledger has a NUL in its name, and PostgreSQL takes it in no text.
    if "\0" in ledger:
        raise LedgerNotFound(f"There is no ledger {ledger!r}.")
    return open_book(session, ledger).id


def _check(name: str, scopes: Collection[str]) -> None:
    if not name:
        raise InvalidRequest("A key has a name.", pointer="/name")
    check_text(name, NAME_CHARS_MAX, pointer="/name")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise InvalidRequest(f"A key has scopes among {', '.join(SCOPES)}.", pointer="/scopes")


def listed(
    session: Session, *, limit: int, after: UUID | None = None, ledger: str | None = None
) -> Page[KeyView]:
    """Return keys, the oldest first, the revoked ones included; with a ledger, only those of it alone."""
    statement = _keys(ledger).order_by(ApiKey.id)
    if after is not None:
        statement = statement.where(ApiKey.id > after)
    rows = session.execute(statement.limit(limit + 1)).all()
    return page_of([_view(*row) for row in rows], limit, lambda view: (view.id,))


def revoke(session: Session, key_id: UUID, *, now: datetime, ledger: str | None = None) -> KeyView:
    """Revoke a key and return it; one that was revoked before stays as it was.

    Raises:
        KeyNotFound: no such key, or none of this ledger alone where a ledger is given.
    """
    found = session.execute(_keys(ledger).where(ApiKey.id == key_id)).one_or_none()
    if found is None:
        raise KeyNotFound(f"There is no key {key_id}.")
    statement = update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
    session.execute(statement.values(revoked_at=now))
    return _view(*session.execute(_keys(ledger).where(ApiKey.id == key_id)).one())


def _keys(ledger: str | None) -> Select[*tuple[Any, ...]]:
    columns = (ApiKey.id, ApiKey.name, ApiKey.scopes, Ledger.name.label("ledger"))
    times = (ApiKey.created_at, ApiKey.expires_at, ApiKey.revoked_at)
    statement = select(*columns, *times).outerjoin(Ledger, Ledger.id == ApiKey.ledger_id)
    return statement if ledger is None else statement.where(Ledger.name == ledger)


def _view(key_id: UUID, name: str, scopes: str, ledger: str | None, *times: Any) -> KeyView:
    return KeyView(key_id, name, scopes.split(), ledger, *times)


def _known(*more: ColumnElement[Any], ledgers: FromClause | None = None) -> Select[Any]:
    key, own = table_of(ApiKey), table_of(Ledger)
    columns = (key.c.digest, key.c.name, key.c.scopes, key.c.expires_at, own.c.name.label("ledger"))
    found = key.outerjoin(own, own.c.id == key.c.ledger_id)
    if ledgers is not None:
        found = found.outerjoin(ledgers, true())
    known = select(*columns, *more).select_from(found)
    return known.where(key.c.id == bindparam("key_id"), key.c.revoked_at.is_(None))


def _known_for_a_book() -> Select[Any]:
    books = beginning_of_book().subquery("asked")
    return _known(*books.c, ledgers=books)


# Every request with a key asks one of them, so they are made once. Their answer is never kept: a revoked key
# is of no use as soon as that is committed.
_KNOWN = _known()
_KNOWN_FOR_A_BOOK = _known_for_a_book()


def identify(session: Session, secret: str, *, now: datetime, ledger: str | None = None) -> Identity | None:
    """Return whom a secret names; None when it is unknown, expired or revoked.

    The ledger that the request is about is opened by the same statement, for whoever opens it next.
    """
    parts = _SECRET.fullmatch(secret)
    # What cannot be a key of ours is not worth a query.
    if parts is None:
        return None
    key_id = UUID(parts["id"])
    rows = _look_up(session, key_id, ledger)
    if not rows or not hmac.compare_digest(rows[0].digest, digest_of(secret)):
        return None
    row = rows[0]
    if row.expires_at is not None and row.expires_at <= now:
        return None
    return Identity(f"key:{row.name}", frozenset(row.scopes.split()), row.ledger, key_id)


def _look_up(session: Session, key_id: UUID, ledger: str | None) -> Sequence[Any]:
    # No ledger has a NUL in its name, and PostgreSQL takes it in no text.
    if ledger is None or "\0" in ledger:
        return session.execute(_KNOWN, {"key_id": key_id}).all()
    rows = session.execute(_KNOWN_FOR_A_BOOK, {"key_id": key_id, "name": ledger}).all()
    keep_open(session, ledger, rows)
    return rows


def digest_of(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
