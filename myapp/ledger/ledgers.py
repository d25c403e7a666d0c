"""Ledgers: make one, find one, list them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from myapp.ledger import rules
from myapp.ledger.books import forget_books
from myapp.ledger.dialects import insert_or_skip
from myapp.ledger.errors import LedgerExists, LedgerNotFound
from myapp.ledger.metadata import merged
from myapp.ledger.paging import page_of
from myapp.ledger.tables import Ledger
from myapp.ledger.views import LedgerView, Page

DESCRIPTION_CHARS_MAX = 1_000


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
    locked = select(Ledger).where(Ledger.name == name).with_for_update()
    # Merged into what is there now: the session may have read the ledger before others changed it.
    ledger = session.scalars(locked.execution_options(populate_existing=True)).one_or_none()
    if ledger is None:
        raise LedgerNotFound(f"There is no ledger {name!r}.")
    if description is not None:
        ledger.description = rules.check_text(description, DESCRIPTION_CHARS_MAX, pointer="/description")
    if strict_accounts is not None:
        ledger.strict_accounts = strict_accounts
    ledger.metadata_ = merged(ledger.metadata_, metadata)
    session.flush()
    forget_books(session)
    return _view(ledger)


def _view(ledger: Ledger) -> LedgerView:
    return LedgerView(
        ledger.name, ledger.description, ledger.strict_accounts, ledger.metadata_, ledger.created_at
    )
