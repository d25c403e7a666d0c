"""Metadata that several change at once: what each of them gave is there afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from myapp.db import SessionFactory, unit_of_work
from myapp.ledger import accounts, ledgers, transactions
from myapp.ledger.books import open_book
from myapp.ledger.tables import Account, Ledger, Transaction
from tests.ledger.books import LEDGER, make_ledger, now, open_account, post, transfer
from tests.ledger.threads import at_once

THREADS = 8
ACCOUNT = "assets:a"
Merge = Callable[[Session, Mapping[str, str]], Any]


def _of_the_ledger(session: Session, metadata: Mapping[str, str]) -> Any:
    return ledgers.change(session, LEDGER, metadata=metadata)


def _of_an_account(session: Session, metadata: Mapping[str, str]) -> Any:
    return accounts.change(session, LEDGER, ACCOUNT, now=now(), metadata=metadata)


def _of_a_transaction(session: Session, metadata: Mapping[str, str]) -> Any:
    book = open_book(session, LEDGER)
    wanted = transactions.TransactionFilter()
    (view,) = transactions.listed(session, book, wanted, limit=1).items
    return transactions.change_metadata(session, book, view.id, metadata, now=now())


EVERYBODY = pytest.mark.parametrize(
    "merge", [_of_the_ledger, _of_an_account, _of_a_transaction], ids=["ledger", "account", "transaction"]
)


@pytest.fixture
def books(factory: SessionFactory) -> SessionFactory:
    make_ledger(factory)
    open_account(factory, ACCOUNT)
    post(factory, transfer("equity:opening", ACCOUNT, "1.00"))
    return factory


@EVERYBODY
def test_of_many_merges_at_once_none_is_lost(books: SessionFactory, merge: Merge) -> None:
    given = {f"key{number}": str(number) for number in range(THREADS)}

    def work(number: int) -> None:
        with unit_of_work(books) as session:
            merge(session, {f"key{number}": str(number)})

    at_once(THREADS, work)
    with unit_of_work(books) as session:
        assert merge(session, {}).metadata == given


# On SQLite nobody else can write while a writer's session is open.
@EVERYBODY
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_nor_is_one_that_came_after_the_session_had_read(books: SessionFactory, merge: Merge) -> None:
    with unit_of_work(books) as session:
        # A session forgets at once what nobody keeps.
        kept = [session.scalars(select(table)).all() for table in (Ledger, Account, Transaction)]
        with unit_of_work(books) as other:
            merge(other, {"theirs": "1"})
        assert merge(session, {"ours": "2"}).metadata == {"ours": "2", "theirs": "1"}
        assert all(kept)
