"""The few steps that most tests of the books begin with, and what they look at afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from myapp.db import SessionFactory, unit_of_work
from myapp.ledger import accounts, assets, ledgers, posting, verifying
from myapp.ledger.books import open_book
from myapp.ledger.drafts import PostingDraft, TransactionDraft
from myapp.ledger.tables import Account, Balance, Posting
from myapp.ledger.views import TransactionView

LEDGER = "books"
BALANCE_COLUMNS = ("debits", "credits", "version", "lowest", "highest", "status")


@dataclass(frozen=True)
class Posted:
    """One posting as it stands in the journal."""

    version: int
    amount: int
    balance: int


def now() -> datetime:
    return datetime.now(UTC)


def make_ledger(factory: SessionFactory, name: str = LEDGER, **scales: int) -> None:
    """Make a ledger with assets of these scales: USD with two decimals when none is said."""
    with unit_of_work(factory) as session:
        ledgers.create(session, name, now=now())
        book = open_book(session, name)
        for code, scale in (scales or {"USD": 2}).items():
            assets.declare(session, book, code, scale, now=now())


def open_account(factory: SessionFactory, path: str, ledger: str = LEDGER, **more: Any) -> None:
    with unit_of_work(factory) as session:
        accounts.open_account(session, ledger, path, now=now(), **more)


def transfer(source: str, target: str, amount: str, asset: str = "USD", **more: Any) -> TransactionDraft:
    """Draft a transaction that credits `source` and debits `target`."""
    legs = (PostingDraft(target, asset, amount), PostingDraft(source, asset, f"-{amount}"))
    return TransactionDraft(legs, **more)


def post(
    factory: SessionFactory, draft: TransactionDraft, ledger: str = LEDGER, **more: Any
) -> TransactionView | None:
    with unit_of_work(factory) as session:
        return posting.post(session, ledger, draft, now=now(), actor="test", **more)


def change(factory: SessionFactory, path: str, ledger: str = LEDGER, **more: Any) -> None:
    with unit_of_work(factory) as session:
        accounts.change(session, ledger, path, now=now(), **more)


def balance_rows(session: Session, ledger: str = LEDGER) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return the stored balance rows by account and asset."""
    statement = (
        select(Account.path, Balance.asset, *(getattr(Balance, name) for name in BALANCE_COLUMNS))
        .join(Account, (Account.ledger_id == Balance.ledger_id) & (Account.id == Balance.account_id))
        .where(Balance.ledger_id == open_book(session, ledger).id)
    )
    rows = session.execute(statement).mappings().all()
    return {(row["path"], row["asset"]): {name: row[name] for name in BALANCE_COLUMNS} for row in rows}


def postings(session: Session, ledger: str = LEDGER) -> dict[tuple[str, str], list[Posted]]:
    """Return the journal's postings by account and asset, in the order of their versions."""
    statement = (
        select(Account.path, Posting.asset, Posting.version, Posting.amount, Posting.balance)
        .join(Account, (Account.ledger_id == Posting.ledger_id) & (Account.id == Posting.account_id))
        .where(Posting.ledger_id == open_book(session, ledger).id)
        .order_by(Posting.version)
    )
    found: dict[tuple[str, str], list[Posted]] = {}
    for path, asset, version, amount, balance in session.execute(statement).all():
        found.setdefault((path, asset), []).append(Posted(version, amount, balance))
    return found


def assert_unbroken(session: Session, ledger: str = LEDGER) -> None:
    """`verify` finds no row that is not what the postings say."""
    found = verifying.verify(session, ledger)
    assert [problem for check in found.checks for problem in check.problems] == []
    assert found.ok
