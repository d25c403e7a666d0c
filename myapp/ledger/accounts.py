"""Accounts: open one, find one with its balances, list them, change limits, status and metadata."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from myapp.ledger import rules
from myapp.ledger.account_lookup import account_not_found, limits_of, view_of
from myapp.ledger.account_lookup import find as find
from myapp.ledger.books import Book, open_book
from myapp.ledger.dialects import insert_for
from myapp.ledger.errors import AccountExists, InvalidRequest
from myapp.ledger.limits import Bounds, parse_limits
from myapp.ledger.metadata import merged
from myapp.ledger.opening import open_accounts
from myapp.ledger.paging import page_of
from myapp.ledger.prefix import begins_with
from myapp.ledger.tables import Account, Asset, Balance
from myapp.ledger.views import AccountView, Page

Limits = Mapping[str, Mapping[str, str | None]]


def open_account(
    session: Session,
    ledger: str,
    path: str,
    *,
    now: datetime,
    account_type: str | None = None,
    limits: Limits | None = None,
    metadata: Mapping[str, str] | None = None,
) -> AccountView:
    """Open an account.

    Raises:
        LedgerNotFound: no such ledger.
        InvalidRequest: the path, type or metadata break their rules, or no type can be told.
        UnknownAsset, InvalidAmount: a limit is not of a known asset's precision.
        AccountExists: it is open already.
    """
    book = open_book(session, ledger, limits or ())
    path = rules.check_path(path)
    checked = _check_type(path, account_type)
    bounds = parse_limits(limits or {}, checked, book.scales)
    kept = rules.check_metadata(metadata or {})
    if not open_accounts(session, book.id, {path: checked}, now=now, metadata=kept):
        raise AccountExists(f"The account {path!r} is open already.", pointer="/path")
    set_bounds(session, _find(session, book, path), bounds)
    return find(session, ledger, path, now=now)


def _check_type(path: str, given: str | None) -> str:
    account_type = rules.type_of(path) if given is None else given
    if account_type is None:
        raise InvalidRequest(f"The type of {path!r} cannot be told by its path: give it.", pointer="/type")
    if account_type not in rules.ACCOUNT_TYPES:
        raise InvalidRequest(f"A type is one of {', '.join(rules.ACCOUNT_TYPES)}.", pointer="/type")
    return account_type


def _find(session: Session, book: Book, path: str, *, lock: bool = False) -> Account:
    # A path that could not be opened is asked for like any other, and not found.
    path = unicodedata.normalize("NFC", path)
    statement = select(Account).where(Account.ledger_id == book.id, Account.path == path)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    account = session.scalars(statement).one_or_none()
    if account is None:
        raise account_not_found(path)
    return account


def listed(
    session: Session,
    book: Book,
    *,
    limit: int,
    after: str | None = None,
    prefix: str | None = None,
    account_type: str | None = None,
    status: str | None = None,
) -> Page[AccountView]:
    """Return the ledger's accounts by path, without balances; `prefix` is of the path's text."""
    statement = select(Account).where(Account.ledger_id == book.id).order_by(Account.path)
    if after is not None:
        statement = statement.where(Account.path > after)
    if prefix:
        statement = statement.where(begins_with(Account.path, prefix))
    if account_type is not None:
        statement = statement.where(Account.type == account_type)
    if status is not None:
        statement = statement.where(Account.status == status)
    accounts = session.scalars(statement.limit(limit + 1)).all()
    limits = _limits_of(session, book, accounts)
    views = [view_of(account, limits.get(account.id, {}), None) for account in accounts]
    return page_of(views, limit, lambda view: (view.path,))


def among(session: Session, book: Book, paths: Iterable[str]) -> dict[str, bool]:
    """Return those of some paths that are accounts, each with whether there are accounts below it."""
    below = aliased(Account)
    # Of all paths, those that go on with a colon stand between these two.
    is_below = and_(below.path > Account.path + ":", below.path < Account.path + ";")
    has_some = select(below.id).where(below.ledger_id == book.id, is_below).exists()
    asked = select(Account.path, has_some).where(Account.ledger_id == book.id, Account.path.in_(list(paths)))
    return {path: bool(found) for path, found in session.execute(asked)}


def change(
    session: Session,
    ledger: str,
    path: str,
    *,
    now: datetime,
    limits: Limits | None = None,
    status: str | None = None,
    metadata: Mapping[str, str | None] | None = None,
) -> AccountView:
    """Change what is given of an account; the limits of an asset are replaced, metadata is merged.

    Raises:
        LedgerNotFound, AccountNotFound: there is none.
        InvalidRequest, UnknownAsset, InvalidAmount: what is given breaks its rules.
    """
    book = open_book(session, ledger, limits or ())
    account = _find(session, book, path, lock=True)
    if status is not None and status not in rules.ACCOUNT_STATUSES:
        raise InvalidRequest(f"A status is one of {', '.join(rules.ACCOUNT_STATUSES)}.", pointer="/status")
    set_bounds(session, account, parse_limits(limits or {}, account.type, book.scales))
    account.metadata_ = merged(account.metadata_, metadata)
    # The database carries a new status over to the balance rows, where postings meet it.
    account.status = status or account.status
    session.flush()
    session.expire_all()
    return find(session, ledger, path, now=now)


def set_bounds(session: Session, account: Account, bounds: Mapping[str, Bounds]) -> None:
    """Set the limits of assets on an account, by asset; of others they stay."""
    # The row of a limited balance must be there before its first posting, which could not be refused
    # otherwise. Sorted, like every writer of balances.
    totals = dict.fromkeys(["debits", "credits", "pending_debits", "pending_credits", "version"], 0)
    owner = {"ledger_id": account.ledger_id, "account_id": account.id, "status": account.status}
    rows = [
        {**owner, **totals, "asset": asset, "lowest": lowest, "highest": highest}
        for asset, (lowest, highest) in sorted(bounds.items())
    ]
    if rows:
        statement = insert_for(session, Balance)
        limits = {name: statement.excluded[name] for name in ("lowest", "highest")}
        key = ["ledger_id", "account_id", "asset"]
        session.execute(statement.on_conflict_do_update(index_elements=key, set_=limits), rows)


def _limits_of(
    session: Session, book: Book, accounts: Sequence[Account]
) -> dict[int, dict[str, dict[str, str]]]:
    columns = (Balance.account_id, Balance.asset, Balance.lowest, Balance.highest, Asset.scale)
    statement = (
        select(*columns)
        .join(Asset, (Asset.ledger_id == Balance.ledger_id) & (Asset.code == Balance.asset))
        .where(
            Balance.ledger_id == book.id,
            Balance.account_id.in_([account.id for account in accounts]),
            Balance.lowest.is_not(None) | Balance.highest.is_not(None),
        )
    )
    rows: dict[int, list[Any]] = {}
    for row in session.execute(statement).all():
        rows.setdefault(row.account_id, []).append(row)
    return {account.id: limits_of(account, rows.get(account.id, [])) for account in accounts}
