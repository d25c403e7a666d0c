"""Ledgers: make one, find one, list them; and the `Book`, which every other use case starts from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, select, true
from sqlalchemy.orm import Session

from myapp.ledger import rules
from myapp.ledger.dialects import insert_or_skip
from myapp.ledger.errors import LedgerExists, LedgerNotFound
from myapp.ledger.metadata import merged
from myapp.ledger.paging import page_of
from myapp.ledger.tables import Asset, Ledger, table_of
from myapp.ledger.views import LedgerView, Page

DESCRIPTION_CHARS_MAX = 1_000

_LEDGER, _ASSET = table_of(Ledger), table_of(Asset)


@dataclass(frozen=True, slots=True)
class Book:
    """An open ledger: its key, and the scales of the assets that were asked for."""

    id: int
    name: str
    strict_accounts: bool
    scales: Mapping[str, int] = field(default_factory=dict)


def open_book(session: Session, name: str, assets: Iterable[str] | None = ()) -> Book:
    """Return the ledger with the scales of these assets, of all where `assets` is None; one statement.

    Raises:
        LedgerNotFound: there is none of this name.
    """
    if assets is None:
        rows = session.execute(_WITH_ALL_ASSETS, {"name": name}).all()
    else:
        # No asset has a NUL in its code, and PostgreSQL takes it in no text.
        codes = sorted({code for code in assets if "\0" not in code})
        rows = _open(session, name, codes)
    if not rows:
        raise LedgerNotFound(f"There is no ledger {name!r}.")
    scales = {row.code: row.scale for row in rows if row.code is not None}
    return Book(rows[0].id, name, rows[0].strict_accounts, scales)


def _with_assets(condition: ColumnElement[bool]) -> Select[Any]:
    same = and_(_ASSET.c.ledger_id == _LEDGER.c.id, condition)
    columns = (_LEDGER.c.id, _LEDGER.c.strict_accounts, _ASSET.c.code, _ASSET.c.scale)
    opened = select(*columns).select_from(_LEDGER.outerjoin(_ASSET, same))
    return opened.where(_LEDGER.c.name == bindparam("name"))


# Every request about a ledger begins with one of these, so they are made once. A list of codes is written out
# anew each time, which a transaction in one asset, as most are, is spared.
_WITH_ALL_ASSETS = _with_assets(true())
_WITH_ONE_ASSET = _with_assets(_ASSET.c.code == bindparam("code"))
_WITH_SOME_ASSETS = _with_assets(_ASSET.c.code.in_(bindparam("codes", expanding=True)))


def _open(session: Session, name: str, codes: Sequence[str]) -> Sequence[Any]:
    if len(codes) == 1:
        return session.execute(_WITH_ONE_ASSET, {"name": name, "code": codes[0]}).all()
    return session.execute(_WITH_SOME_ASSETS, {"name": name, "codes": codes}).all()


def create(
    session: Session,
    name: str,
    *,
    now: datetime,
    description: str | None = None,
    strict_accounts: bool = False,
    metadata: Mapping[str, str] | None = None,
) -> LedgerView:
    """Make a new, empty ledger.

    Raises:
        InvalidRequest: the name or the metadata break their rules.
        LedgerExists: the name is taken.
    """
    values = {
        "name": rules.check_ledger_name(name),
        "description": rules.check_text(description, DESCRIPTION_CHARS_MAX, pointer="/description"),
        "strict_accounts": strict_accounts,
        "metadata": rules.check_metadata(metadata or {}),
        "created_at": now,
    }
    made = insert_or_skip(session, Ledger, values).returning(Ledger.id)
    if session.execute(made).first() is None:
        raise LedgerExists(f"There is a ledger {name!r} already.", pointer="/name")
    return find(session, name)


def find(session: Session, name: str) -> LedgerView:
    """Return a ledger.

    Raises:
        LedgerNotFound: there is none of this name.
    """
    ledger = session.scalars(select(Ledger).where(Ledger.name == name)).one_or_none()
    if ledger is None:
        raise LedgerNotFound(f"There is no ledger {name!r}.")
    return _view(ledger)


def listed(session: Session, *, limit: int, after: str | None = None) -> Page[LedgerView]:
    """Return ledgers by name."""
    statement = select(Ledger).order_by(Ledger.name)
    if after is not None:
        statement = statement.where(Ledger.name > after)
    ledgers = session.scalars(statement.limit(limit + 1)).all()
    return page_of([_view(ledger) for ledger in ledgers], limit, lambda view: (view.name,))


def change(
    session: Session,
    name: str,
    *,
    description: str | None = None,
    strict_accounts: bool | None = None,
    metadata: Mapping[str, str | None] | None = None,
) -> LedgerView:
    """Change what is given of a ledger; metadata is merged, and a None value removes its key.

    Raises:
        LedgerNotFound: there is none of this name.
        InvalidRequest: the metadata breaks its rules.
    """
    ledger = session.scalars(select(Ledger).where(Ledger.name == name).with_for_update()).one_or_none()
    if ledger is None:
        raise LedgerNotFound(f"There is no ledger {name!r}.")
    if description is not None:
        ledger.description = rules.check_text(description, DESCRIPTION_CHARS_MAX, pointer="/description")
    if strict_accounts is not None:
        ledger.strict_accounts = strict_accounts
    ledger.metadata_ = merged(ledger.metadata_, metadata)
    session.flush()
    return _view(ledger)


def _view(ledger: Ledger) -> LedgerView:
    return LedgerView(
        ledger.name, ledger.description, ledger.strict_accounts, ledger.metadata_, ledger.created_at
    )
