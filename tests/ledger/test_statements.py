"""What a post sends: one data-modifying statement on PostgreSQL, and never one that names no ledger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import CheckConstraint, Executable, event
from sqlalchemy.orm import Session

from myapp.db import SessionFactory, unit_of_work
from myapp.interchange.exporting import FORMATS
from myapp.interchange.importing import ImportOptions, import_journal, read_journal
from myapp.interchange.readers import READERS
from myapp.ledger import (
    accounts,
    assets,
    balances,
    batches,
    idempotency,
    ledgers,
    posting,
    reversals,
    statements,
    transactions,
    verifying,
)
from myapp.ledger.asof import AsOf
from myapp.ledger.balances import Selection
from myapp.ledger.batches import Item
from myapp.ledger.books import open_book
from myapp.ledger.drafts import ReversalDraft
from myapp.ledger.errors import LedgerError
from myapp.ledger.holds import checks, reading
from myapp.ledger.holds.reading import HoldFilter
from myapp.ledger.journal_rows import JournalRows
from myapp.ledger.posting import Key
from myapp.ledger.reports import balance_sheet, income_statement, trial_balance
from myapp.ledger.reports.periods import Period
from myapp.ledger.statements import Place, StatementFilter
from myapp.ledger.tables import Base
from myapp.ledger.transactions import TransactionFilter
from tests.ledger.books import LEDGER, make_ledger, now, post, transfer
from tests.ledger.holding import MINUTE, capture, place, void
from tests.ledger.statements import recorded

WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE)\b")
# The directory of ledgers, and the keys of all of them, are the service's own; see docs/decisions.
DIRECTORY = {"ledger", "api_key"}
TENANT_TABLES = {
    "account",
    "asset",
    "balance",
    "balance_day",
    "balance_month",
    "hold",
    "hold_capture",
    "hold_posting",
    "idempotency",
    "posting",
    "txn",
    "txn_metadata",
}
TABLE = r"(\w+)(?: AS (\w+))?"
READ_FROM = re.compile(rf"\b(?:FROM|JOIN) ({TABLE}(?:, {TABLE})*)")
INSERTED = re.compile(r"INSERT INTO (\w+) \(([^)]*)\)")
CONFLICT = re.compile(r"ON CONFLICT \((\w+)")
CHANGED = re.compile(r"(?:UPDATE|DELETE FROM) (\w+)\b(.*)", re.DOTALL)
BACKDATED = datetime(2020, 2, 29, 12, tzinfo=UTC)


def data_modifying(statements: list[str]) -> list[str]:
    return [each for each in statements if WRITES.search(each) and not each.startswith("SAVEPOINT")]


def read_from(statement: str) -> list[tuple[str, str]]:
    """Return the tenants' tables that the statement reads, each with the name it goes by there."""
    lists = [found[1] for found in READ_FROM.finditer(statement)]
    tables = [found.groups() for each in lists for found in re.finditer(TABLE, each)]
    return [(table, alias or table) for table, alias in tables if table in TENANT_TABLES]


def unkeyed(statement: str) -> list[str]:
    """Return the tenants' tables that the statement touches without saying whose."""
    found = [
        name
        for _, name in read_from(statement)
        if not re.search(rf"\b{name}\.ledger_id (=|IN)|= {name}\.ledger_id\b", statement)
    ]
    for table, columns in INSERTED.findall(statement):
        if table in TENANT_TABLES and "ledger_id" not in columns.split(", "):
            found.append(f"insert {table}")
    found += [f"conflict {first}" for first in CONFLICT.findall(statement) if first != "ledger_id"]
    changed = CHANGED.match(statement)
    if changed and changed[1] in TENANT_TABLES and f"{changed[1]}.ledger_id = " not in changed[2]:
        found.append(f"change {changed[1]}")
    return found


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize("key", [None, Key("once", "fingerprint")])
def test_a_post_to_known_accounts_writes_with_one_statement(factory: SessionFactory, key: Key | None) -> None:
    make_ledger(factory)
    post(factory, transfer("assets:cash", "expenses:food", "1"))
    with recorded(factory.engine) as sent:
        post(factory, transfer("assets:cash", "expenses:food", "1"), key=key)
    assert (sent[0], sent[-1]) == ("BEGIN", "COMMIT")
    assert len(data_modifying(sent)) == 1
    # The other one reads the assets' scales.
    assert len(sent) == 4


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_post_on_sqlite_takes_the_write_lock_before_it_reads(factory: SessionFactory) -> None:
    make_ledger(factory)
    sent: list[str] = []
    event.listen(factory.engine, "checkout", lambda driver, *_: driver.set_trace_callback(sent.append))
    post(factory, transfer("assets:cash", "expenses:food", "1"))
    assert sent[:2] == ["PRAGMA query_only", "BEGIN IMMEDIATE"]


def test_the_number_of_statements_does_not_grow_with_the_postings(factory: SessionFactory) -> None:
    make_ledger(factory)
    legs = transfer("assets:cash", "expenses:food", "1").postings
    few, many = posting.TransactionDraft(legs), posting.TransactionDraft(legs * 50)
    post(factory, few)
    counts = []
    for draft in (few, many):
        with recorded(factory.engine) as sent:
            post(factory, draft)
        counts.append(len(sent))
    assert counts[0] == counts[1]


def _use_everything(factory: SessionFactory) -> None:
    """Call every use case of the books once, refusals included."""
    make_ledger(factory)
    with unit_of_work(factory) as session:
        accounts.open_account(session, LEDGER, "assets:cash", now=now(), limits={"USD": {"min": "-50"}})
        view = posting.post(
            session,
            LEDGER,
            transfer("assets:cash", "expenses:food", "1"),
            now=now(),
            actor="t",
            key=Key("k", "f"),
        )
        assert view is not None
        posting.preview(session, LEDGER, transfer("assets:cash", "income:x", "1"), now=now(), actor="t")
        reversals.reverse(session, LEDGER, view.id, ReversalDraft(), now=now(), actor="t")
        accounts.change(session, LEDGER, "expenses:food", now=now(), status="frozen", metadata={"a": "b"})
        ledgers.change(session, LEDGER, description="x")
        _read_everything(session, view.id)
        assert idempotency.claim(session, 0, Key("service", "f"), now=now()) is None
        idempotency.complete(session, 0, Key("service", "f"), status=201, answer={})
        journal = read_journal(READERS["hledger-json"], JOURNAL)
        import_journal(session, LEDGER, journal, ImportOptions(), now=now(), actor="t")
        drafts = (transfer("assets:cash", "assets:bank", "1"), transfer("assets:cash", "assets:bank", "100"))
        _copy_everything(session)
        items = [Item(draft, Key(str(number), "f")) for number, draft in enumerate(drafts)]
        for _ in range(2):
            batches.post_each(session, LEDGER, items, now=now(), actor="t")
    _use_holds(factory)
    for draft in (
        transfer("assets:cash", "expenses:food", "1"),
        transfer("assets:cash", "assets:bank", "100"),
        transfer("assets:cash", "what:ever", "1"),
    ):
        with pytest.raises(LedgerError):
            post(factory, draft)
    reference = transfer("assets:cash", "assets:bank", "1", reference="once")
    post(factory, reference)
    with pytest.raises(LedgerError):
        post(factory, reference)


def _copy_everything(session: Session) -> None:
    """Write the books out and take them into an empty ledger, and then others into one that is not."""

    def rows(statement: Executable) -> Iterator[Any]:
        yield from session.execute(statement)

    def lines(ledger: str) -> bytes:
        book = open_book(session, ledger)
        books = JournalRows(rows, book.id, session.get_bind().dialect.name == "postgresql", now())
        written = {name: b"".join(format_.write(books)) for name, format_ in FORMATS.items()}
        return written["ndjson"]

    for source, target in ((LEDGER, "copy"), ("single", "copy")):
        if source == "single":
            ledgers.create(session, source, now=now())
            single = read_journal(READERS["hledger-json"], JOURNAL)
            import_journal(session, source, single, ImportOptions(), now=now(), actor="t")
        else:
            ledgers.create(session, target, now=now())
        books = read_journal(READERS["ndjson"], lines(source))
        import_journal(session, target, books, ImportOptions(), now=now(), actor="t")


def _use_holds(factory: SessionFactory) -> None:
    end = now() + MINUTE
    part = transfer("assets:bank", "expenses:rent", "1")
    place(factory, "9", "assets:cash", "assets:bank", expires_at=end)
    kept = place(factory, "9", "assets:bank", "expenses:rent")
    capture(factory, kept.id, part, final=False, at=end)
    place(factory, "48", "assets:cash", "assets:bank", expires_at=end)
    with unit_of_work(factory) as session:
        wanted = HoldFilter("open", "assets:cash")
        reading.listed(session, open_book(session, LEDGER), wanted, now=end, limit=5, after=(end, kept.id))
        reading.listed(session, open_book(session, LEDGER), HoldFilter("expired"), now=end, limit=5)
        session.execute(checks.wrong_pending(1))
        session.execute(checks.wrong_holds(1))
        late = transfer("assets:cash", "assets:aaa", "48")
        posting.post(session, LEDGER, late, now=end, actor="t")
    void(factory, kept.id)


def _read_everything(session: Session, transaction_id: UUID) -> None:
    book = open_book(session, LEDGER, None)
    wanted = TransactionFilter(
        account="assets:cash", asset="USD", text="x", metadata={"a": "b"}, reference="r"
    )
    transactions.listed(session, book, wanted, limit=5)
    transactions.listed(session, book, TransactionFilter(), limit=5)
    transactions.find(session, book, transaction_id)
    transactions.as_first_answered(session, book, transaction_id)
    transactions.change_metadata(session, book, transaction_id, {"a": "b"}, now=now())
    accounts.listed(session, book, limit=5, prefix="a", account_type="asset", status="open")
    assets.listed(session, book, limit=5)
    assert verifying.verify(session, LEDGER).ok
    assert verifying.verify_service(session).ok
    asked = StatementFilter("assets:cash", "USD", BACKDATED, now())
    for after in (None, Place(BACKDATED, 1, 0, 1, 0, 0)):
        statements.read(session, book, asked, limit=5, after=after)
    for as_of in (None, AsOf(BACKDATED), AsOf(None, BACKDATED), AsOf(BACKDATED, BACKDATED)):
        accounts.find(session, LEDGER, "assets:cash", as_of, now=now())
        balances.listed(session, book, Selection(prefix="a", asset="USD", depth=1, as_of=as_of), limit=5)
        trial_balance.read(session, book, as_of or AsOf())
        balance_sheet.read(session, book, as_of or AsOf())
    for known_at in (None, BACKDATED):
        income_statement.read(session, book, Period(BACKDATED, now()), known_at)


JOURNAL = b"""[{"tcode": "", "tdate": "2024-02-29", "tdescription": "Lunch", "ttags": [], "tpostings": [
 {"paccount": "expenses:fun", "ptype": "RegularPosting", "pamount": [{"acommodity": "EUR", "aprice": null,
  "aquantity": {"decimalMantissa": 1250, "decimalPlaces": 2}, "astyle": {"asprecision": 2}}]},
 {"paccount": "assets:cash", "ptype": "RegularPosting", "pamount": [{"acommodity": "EUR", "aprice": null,
  "aquantity": {"decimalMantissa": -1250, "decimalPlaces": 2}, "astyle": {"asprecision": 2}}]}]}]"""


def test_no_statement_touches_a_tenants_table_without_the_ledger(factory: SessionFactory) -> None:
    with recorded(factory.engine) as sent:
        _use_everything(factory)
    touched = {table for each in sent for table, _ in read_from(each)}
    touched |= {table for each in sent for table, _ in INSERTED.findall(each)}
    assert touched >= TENANT_TABLES
    offending = {each: tables for each in sent if (tables := unkeyed(each))}
    assert offending == {}


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT account.id FROM account WHERE account.path = %s",
        "SELECT t.id FROM account AS t WHERE t.path = %s AND account.ledger_id = 1",
        "SELECT 1 FROM ledger, account WHERE ledger.id = %s",
        "SELECT 1 FROM asset JOIN posting ON posting.asset = asset.code WHERE asset.ledger_id = %s",
        "INSERT INTO txn (id, reference) VALUES (1, 2)",
        "INSERT INTO txn (ledger_id, id) VALUES (1, 2) ON CONFLICT (id) DO NOTHING",
        "UPDATE account SET status = %s WHERE account.id = %s",
        "DELETE FROM balance WHERE balance.asset = %s",
    ],
)
def test_such_a_statement_would_be_found(statement: str) -> None:
    assert unkeyed(statement)


@pytest.mark.parametrize("name", sorted(set(Base.metadata.tables) - DIRECTORY))
def test_every_key_of_a_tenants_table_starts_with_the_ledger(name: str) -> None:
    table = Base.metadata.tables[name]
    assert name in TENANT_TABLES
    assert next(iter(table.primary_key.columns)).name == "ledger_id"
    keys = [each for each in table.constraints if not isinstance(each, CheckConstraint)]
    for constraint in keys:
        assert next(iter(constraint.columns)).name == "ledger_id", constraint.name
    for index in table.indexes:
        assert next(iter(index.columns)).name == "ledger_id"
