"""Write a journal into a ledger: whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from myapp.interchange.collector import collector_paused
from myapp.interchange.journal import Journal, JournalError, Reader, ReadOptions, Record
from myapp.interchange.names import checked_path
from myapp.interchange.ndjson_reader import WholeBooks
from myapp.interchange.new_assets import declare_new
from myapp.interchange.refusals import located, refusal_of
from myapp.ledger import rules
from myapp.ledger.books import Book, open_book
from myapp.ledger.drafts import Entry, EntryPosting
from myapp.ledger.errors import AmountOutOfRange, InvalidAmount, LedgerError, UnknownAccount
from myapp.ledger.ids import new_id
from myapp.ledger.money import MINOR_MAX, decimals_of
from myapp.ledger.posting import write_entries
from myapp.ledger.restoring.taking import take_over
from myapp.ledger.savepoints import savepoint
from myapp.ledger.tables import Account

# Enough to write a thousand transactions with one statement's overhead, and to keep its rows in memory.
CHUNK = 1_000

# Told how many of the journal's transactions are written.
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """`default_type` serves accounts whose type cannot be told."""

    default_type: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """How many of each are new; `skipped` records posted nothing but zeros."""

    transactions: int
    accounts: int
    assets: int
    skipped: int


@dataclass(frozen=True, slots=True)
class _Writing:
    """What the chunks of one import have in common."""

    session: Session
    book: Book
    types: dict[str, str]
    now: datetime
    actor: str


def _ignore(written: int) -> None:
    """Nobody watches."""


def read_journal(reader: Reader, data: bytes, options: ReadOptions | None = None) -> Journal:
    """Return what a file says; it takes its time, so call it before a transaction begins.

    Raises:
        LedgerError: the file cannot be read; the error says where.
    """
    try:
        with collector_paused():
            return reader(data, options or ReadOptions())
    except JournalError as error:
        raise refusal_of(error) from error


def import_journal(
    session: Session,
    ledger: str,
    journal: Journal,
    options: ImportOptions,
    *,
    now: datetime,
    actor: str,
    on_progress: Progress = _ignore,
) -> ImportSummary:
    """Import a journal; with `dry_run`, do all of it and keep nothing.

    Raises:
        LedgerError: a record is refused; the error says which, and nothing is kept.
    """
    book = open_book(session, ledger, None)
    with savepoint(session, keep=not options.dry_run), collector_paused():
        if isinstance(journal, WholeBooks):
            return _take_over(session, book, journal, now, actor)
        before = _account_count(session, book)
        types = _types(session, book, journal, options.default_type)
        new_assets = declare_new(session, book, journal, now=now)
        book = open_book(session, ledger, None)
        _write(_Writing(session, book, types, now, actor), journal.records, on_progress)
        new_accounts = _account_count(session, book) - before
    return ImportSummary(len(journal.records), new_accounts, new_assets, journal.skipped)


def _take_over(session: Session, book: Book, books: WholeBooks, now: datetime, actor: str) -> ImportSummary:
    taken = take_over(session, book, books.contents, now=now, actor=actor)
    return ImportSummary(taken.transactions, taken.accounts, taken.assets, skipped=0)


def _account_count(session: Session, book: Book) -> int:
    return session.scalars(select(func.count()).where(Account.ledger_id == book.id)).one()


def _types(session: Session, book: Book, journal: Journal, default_type: str | None) -> dict[str, str]:
    """Return the types of the journal's accounts, once every account has one or is open already."""
    types: dict[str, str] = {}
    untold: dict[str, str] = {}
    for record in journal.records:
        for entry in record.entries:
            if entry.account in types:
                continue
            told = journal.account_types.get(entry.account) or rules.type_of(entry.account) or default_type
            if told is None:
                untold.setdefault(entry.account, record.where)
            else:
                types[entry.account] = told
    for path in _not_open(session, book, list(untold)):
        refused = UnknownAccount(f"The type of {path!r} cannot be told: say default_type.", account=path)
        raise located(refused, untold[path])
    return types


def _not_open(session: Session, book: Book, paths: Sequence[str]) -> Iterator[str]:
    """Return those of the paths at which no account is open, in their order."""
    # In chunks, because each path is a parameter, and SQLite takes some 32,000 of them, PostgreSQL 65,000.
    for start in range(0, len(paths), CHUNK):
        chunk = paths[start : start + CHUNK]
        known = select(Account.path).where(Account.ledger_id == book.id, Account.path.in_(chunk))
        opened = set(session.scalars(known))
        yield from (path for path in chunk if path not in opened)


def _write(writing: _Writing, records: Sequence[Record], on_progress: Progress) -> None:
    for start in range(0, len(records), CHUNK):
        chunk = records[start : start + CHUNK]
        _write_chunk(writing, chunk)
        on_progress(start + len(chunk))


def _write_chunk(writing: _Writing, records: Sequence[Record]) -> None:
    entries = [_entry(writing, record) for record in records]
    try:
        with savepoint(writing.session):
            _write_entries(writing, entries)
    except LedgerError:
        _find_refused(writing, records, entries)
        raise


def _find_refused(writing: _Writing, records: Sequence[Record], entries: Sequence[Entry]) -> None:
    # One by one, which is slow, but only a refusal pays for it: the client must learn which record.
    for record, entry in zip(records, entries, strict=True):
        try:
            _write_entries(writing, [entry])
        except LedgerError as error:
            raise located(error, record.where) from error


def _write_entries(writing: _Writing, entries: Sequence[Entry]) -> None:
    write_entries(writing.session, writing.book, entries, now=writing.now, types=writing.types)


def _entry(writing: _Writing, record: Record) -> Entry:
    try:
        return Entry(
            id=new_id(),
            postings=_postings(writing.book, record),
            description=rules.check_description(record.description),
            reference=rules.check_reference(record.reference),
            effective_at=record.effective_at,
            metadata=rules.check_metadata(record.metadata),
            actor=writing.actor,
        )
    except LedgerError as error:
        raise located(error, record.where) from error


def _postings(book: Book, record: Record) -> tuple[EntryPosting, ...]:
    # What the API refuses must not come in this way: it could not be restored from an export.
    postings = (_posting(book, each.account, each.asset, each.quantity) for each in record.entries)
    return rules.check_double_entry(tuple(postings), book.scales)


def _posting(book: Book, account: str, asset: str, quantity: Decimal) -> EntryPosting:
    scale = book.scales[asset]
    if decimals_of(quantity) > scale:
        raise InvalidAmount(f"{quantity} has more decimals than {asset} has in this ledger, {scale}.")
    minor = int(quantity.scaleb(scale))
    if abs(minor) > MINOR_MAX:
        raise AmountOutOfRange(f"{quantity} {asset} does not fit into 64 bits of its smallest unit.")
    return EntryPosting(checked_path(account), asset, minor)
