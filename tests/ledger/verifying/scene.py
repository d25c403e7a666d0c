"""Books with a row in every table, and a way to change any of them behind the application's back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.orm import Session

from myapp.db import SessionFactory, unit_of_work
from myapp.ledger import accounts, idempotency, ledgers, posting, transactions, verifying
from myapp.ledger.books import open_book
from myapp.ledger.drafts import Entry, EntryPosting
from myapp.ledger.posting import Key
from myapp.ledger.tables import Base
from myapp.ledger.verifying import Verification
from myapp.ledger.verifying.rule import WrongRow
from myapp.security import keys
from tests.databases import Database
from tests.ledger.books import LEDGER, make_ledger, now, open_account, post, transfer
from tests.ledger.holding import capture, place, void

# Fixed, so that a test can say which row it means.
FIRST, REVERSED, REVERSAL, TWIN = (UUID(int=number << 64 | 7 << 76 | 1 << 63) for number in (1, 2, 3, 4))
EFFECTIVE = datetime(2026, 1, 5, 12, tzinfo=UTC)
CASH = "assets:cash"


def fill(factory: SessionFactory) -> None:
    """Keep books in the ledger `books`, with a row in every table, and two ledgers beside it.

    Of some rows little is told elsewhere: what is not used, what is over, and what has a twin.
    """
    make_ledger(factory, USD=2, JPY=0, OLD=2)
    make_ledger(factory, "others")
    with unit_of_work(factory) as session:
        ledgers.create(session, "empty", now=now())
    with unit_of_work(factory) as session:
        limits = {"USD": {"min": "-500", "max": "1000"}}
        accounts.open_account(session, LEDGER, CASH, now=now(), limits=limits, metadata={"bank": "x"})
        book = open_book(session, LEDGER, None)
        entries = [
            _entry(FIRST, ("expenses:food", "USD", 1250), (CASH, "USD", -1250)),
            _entry(REVERSED, *_legs("JPY", 900), *_legs("USD", 5)),
            _entry(TWIN, *_legs("JPY", 900), *_legs("USD", 5)),
        ]
        posting.write_entries(session, book, entries, now=now())
        opposite = _entry(
            REVERSAL,
            *((each.account, each.asset, -each.amount_minor) for each in entries[1].postings),
            kind="reversal",
            reverses=REVERSED,
        )
        posting.write_entries(session, book, [opposite], now=now())
        for each in (FIRST, TWIN):
            transactions.change_metadata(session, book, each, {"trip": "rome"}, now=now())
        _answer_keys(session, book.id)
        keys.create(session, "web", ["read"], now=now(), ledger=LEDGER)
    post(factory, transfer(CASH, "expenses:food", "3", effective_at=EFFECTIVE), key=Key("posted", "digest"))
    hold = place(
        factory, "9", "assets:held", "expenses:held", expires_at=now() + timedelta(days=1), description="open"
    )
    capture(factory, hold.id, transfer("assets:held", "expenses:held", "2"), final=False)
    _end_holds(factory)
    _open_unused(factory)
    with unit_of_work(factory) as session:
        accounts.change(session, LEDGER, "income:x", now=now(), status="frozen")


def _end_holds(factory: SessionFactory) -> None:
    legs = "assets:deposit", "expenses:deposit"
    void(factory, place(factory, "9", *legs, description="voided").id)
    spent = place(factory, "9", *legs, description="spent")
    capture(factory, spent.id, transfer(*legs, "2"), final=False)
    void(factory, spent.id)
    capture(factory, place(factory, "4", *legs, description="taken").id)
    post(factory, transfer(*legs, "1", description="deposited"))


def _open_unused(factory: SessionFactory) -> None:
    """Open accounts without postings, one with limits; and keep a part of a copy in the other ledger."""
    open_account(factory, "assets:unused")
    open_account(factory, "assets:limited", limits={"USD": {"max": "5"}})
    with unit_of_work(factory) as session:
        # The same id: SQLite counts them by ledger, and its backup keeps them wherever it is restored.
        session.execute(
            text(
                "INSERT INTO account (ledger_id, id, path, type, status, metadata, created_at) "
                "SELECT 2, id, 'assets:copy', type, status, metadata, created_at FROM account "
                "WHERE path = 'assets:limited'"
            )
        )
        legs = ("assets:copied", "USD", 5), ("income:copied", "USD", -5)
        posting.write_entries(session, open_book(session, "others", None), [_entry(TWIN, *legs)], now=now())


def _legs(asset: str, amount: int) -> tuple[tuple[str, str, int], ...]:
    return (CASH, asset, amount), ("income:x", asset, -amount)


def _entry(txn_id: UUID, *legs: tuple[str, str, int], **more: Any) -> Entry:
    return Entry(
        id=txn_id,
        postings=tuple(EntryPosting(*leg) for leg in legs),
        description="Lunch",
        reference=f"bill {txn_id}",
        effective_at=EFFECTIVE,
        metadata={"trip": "berlin"},
        actor="test",
        **{"reverses": None, **more},
    )


def _answer_keys(session: Session, ledger_id: int) -> None:
    for scope in (idempotency.SERVICE, ledger_id):
        key = Key("answered", "digest")
        idempotency.claim(session, scope, key, now=now())
        idempotency.complete(session, scope, key, status=201, answer={"body": "{}"})


@contextmanager
def unguarded(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in a transaction without triggers and constraints; undo all of it.

    This is what somebody with the database's own password, or the file, can do.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            _drop_triggers(connection)
        else:
            _disable_triggers(connection)
            _drop_checks(connection)
        yield connection
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = OFF")
        connection.rollback()


def _drop_triggers(connection: Connection) -> None:
    for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
        connection.exec_driver_sql(f"DROP TRIGGER {name}")


def _disable_triggers(connection: Connection) -> None:
    # Foreign keys are triggers, too.
    for name in Base.metadata.tables:
        connection.exec_driver_sql(f"ALTER TABLE {name} DISABLE TRIGGER ALL")


def _drop_checks(connection: Connection) -> None:
    named = text(
        "SELECT conrelid::regclass::text AS name, conname FROM pg_constraint "
        "WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
    )
    for table, name in connection.execute(named).all():
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def raw_engine(database: Database) -> Engine:
    """Return an engine that knows nothing of ours; on SQLite nobody begins for us."""
    return create_engine(
        database.url, **({"isolation_level": "AUTOCOMMIT"} if database.dialect == "sqlite" else {})
    )


def verify_all(connection: Connection) -> list[Verification]:
    """Verify both ledgers and what belongs to none, on the connection, as `myapp verify` does."""
    with Session(bind=connection, autobegin=True) as session:
        names = session.scalars(text("SELECT name FROM ledger ORDER BY id")).all()
        found = [verifying.verify(session, name) for name in names]
        return [*found, verifying.verify_service(session)]


def problems(connection: Connection) -> list[WrongRow]:
    """Return every problem that is found."""
    return [
        problem
        for verification in verify_all(connection)
        for check in verification.checks
        for problem in check.problems
    ]


def other_id() -> UUID:
    """Return an id that nothing has."""
    return uuid.UUID(int=9 << 64 | 7 << 76 | 1 << 63)
