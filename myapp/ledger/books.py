"""The `Book`, which every use case starts from: an open ledger with the scales of its assets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, select, true
from sqlalchemy.orm import Session

from myapp.ledger.errors import LedgerNotFound
from myapp.ledger.tables import Asset, Ledger, table_of

# A ledger with more assets than these is asked for those that are wanted, when it is known which.
ASSETS_AT_ONCE = 20

_LEDGER, _ASSET = table_of(Ledger), table_of(Asset)
_KEPT = "myapp_book"


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
        return _book(name, session.execute(_WITH_ALL_ASSETS, {"name": name}).all())
    # No asset has a NUL in its code, and PostgreSQL takes it in no text.
    codes = sorted({code for code in assets if "\0" not in code})
    return _kept(session, name, codes) or _book(name, _rows(session, name, codes))


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


def _rows(session: Session, name: str, codes: Sequence[str]) -> Sequence[Any]:
    if len(codes) == 1:
        return session.execute(_WITH_ONE_ASSET, {"name": name, "code": codes[0]}).all()
    return session.execute(_WITH_SOME_ASSETS, {"name": name, "codes": codes}).all()


def _book(name: str, rows: Sequence[Any]) -> Book:
    if not rows:
        raise LedgerNotFound(f"There is no ledger {name!r}.")
    scales = {row.code: row.scale for row in rows if row.code is not None}
    return Book(rows[0].id, name, rows[0].strict_accounts, scales)


def beginning_of_book() -> Select[Any]:
    """Select the ledger of the name `:name` with some of its assets, to be joined to what is asked anyway."""
    return _with_assets(true()).limit(ASSETS_AT_ONCE)


def keep_open(session: Session, name: str, rows: Sequence[Any]) -> None:
    """Keep what `beginning_of_book` found for `open_book` in the same session, which is one transaction."""
    if rows and rows[0].id is not None:
        session.info[_KEPT] = _book(name, rows)


def _kept(session: Session, name: str, codes: Collection[str]) -> Book | None:
    # Only what was found counts: what was not may have been added since, or was left out.
    book: Book | None = session.info.get(_KEPT)
    if book is None or book.name != name or not all(code in book.scales for code in codes):
        return None
    return book


def forget_books(session: Session) -> None:
    """Let the next one who opens a ledger ask the database, because this session has changed it."""
    session.info.pop(_KEPT, None)
