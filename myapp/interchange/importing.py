"""Write a journal into a ledger: whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from myapp.interchange.journal import Journal, JournalError, Reader, ReadOptions, Record
from myapp.ledger import rules
from myapp.ledger.dialects import insert_for
from myapp.ledger.drafts import Entry, EntryPosting
from myapp.ledger.errors import (
    AmountOutOfRange,
    InvalidAmount,
    InvalidRequest,
    LedgerError,
    Unbalanced,
    UnknownAccount,
)
from myapp.ledger.ids import new_id
from myapp.ledger.ledgers import Book, open_book
from myapp.ledger.money import MINOR_MAX, SCALE_MAX, decimals_of
from myapp.ledger.posting import write_entries
from myapp.ledger.savepoints import savepoint
from myapp.ledger.tables import Account, Asset

# Enough to write a thousand transactions with one statement's overhead, and to keep its rows in memory.
CHUNK = 1_000

_PLACE = re.compile(r"(line|index) ([0-9]+)")
_KINDS: dict[str, type[LedgerError]] = {
    kind.code: kind for kind in (InvalidRequest, Unbalanced, InvalidAmount, AmountOutOfRange)
}


class MalformedJournal(LedgerError):
    """The file is not of the format that it is said to be."""

    code = "malformed_json"


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


def import_journal(
    session: Session,
    ledger: str,
    journal: Journal,
    options: ImportOptions,
    *,
    now: datetime,
    actor: str,
) -> ImportSummary:
    """Import a journal; with `dry_run`, do all of it and keep nothing.

    Raises:
        LedgerError: a record is refused; the error says which, and nothing is kept.
    """
    book = open_book(session, ledger, None)
    with savepoint(session, keep=not options.dry_run):
        return _write(session, book, journal, options, now, actor)


def read_journal(reader: Reader, data: bytes, default_asset: str | None = None) -> Journal:
    """Return what a file says; it takes its time, so call it before a transaction begins.

    Raises:
        LedgerError: the file cannot be read; the error says where.
    """
    try:
        return reader(data, ReadOptions(default_asset))
    except JournalError as error:
        kind = _KINDS.get(error.code, MalformedJournal)
        raise located(kind(str(error)), error.where) from error


def located(error: LedgerError, where: str | None) -> LedgerError:
    """Return the error with the record's place: `line` or `index`, and in its sentence."""
    match = _PLACE.fullmatch(where or "")
    place = {match[1]: int(match[2])} if match else {}
    shown = error.detail if where is None or where in error.detail else f"{where}: {error.detail}"
    return type(error)(shown, pointer=None, **{**error.members, **place})


def _write(
    session: Session, book: Book, journal: Journal, options: ImportOptions, now: datetime, actor: str
) -> ImportSummary:
    before = _account_count(session, book)
    types = _types(session, book, journal, options.default_type)
    new_assets = _declare_assets(session, book, journal, now)
    book = open_book(session, book.name, None)
    for chunk in _chunks(journal.records):
        _write_chunk(session, book, chunk, types, now, actor)
    return ImportSummary(
        transactions=len(journal.records),
        accounts=_account_count(session, book) - before,
        assets=new_assets,
        skipped=journal.skipped,
    )


def _account_count(session: Session, book: Book) -> int:
    return session.scalars(select(func.count()).where(Account.ledger_id == book.id)).one()


def _chunks(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    for start in range(0, len(records), CHUNK):
        yield records[start : start + CHUNK]


def _types(session: Session, book: Book, journal: Journal, default_type: str | None) -> dict[str, str]:
    """Return the types of the journal's accounts, once every account has one or is open already."""
    types: dict[str, str] = {}
    untold: dict[str, str] = {}
    for record in journal.records:
        for entry in record.entries:
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


def _declare_assets(session: Session, book: Book, journal: Journal, now: datetime) -> int:
    scales: dict[str, int] = {}
    for record in journal.records:
        for entry in record.entries:
            if entry.asset not in book.scales:
                decimals = decimals_of(entry.quantity)
                scales[entry.asset] = max(scales.get(entry.asset, 0), decimals)
                _require_scale(record, entry.asset, decimals)
    rows = [
        {"ledger_id": book.id, "code": rules.check_asset_code(code), "scale": scale, "created_at": now}
        for code, scale in sorted(scales.items())
    ]
    if not rows:
        return 0
    # Another import may declare the same asset just now; whose scale it has is read back afterwards.
    statement = insert_for(session, Asset).on_conflict_do_nothing().returning(Asset.code)
    return len(session.execute(statement, rows).all())


def _require_scale(record: Record, asset: str, decimals: int) -> None:
    if decimals > SCALE_MAX:
        refused = AmountOutOfRange(f"{asset} needs {decimals} decimals; at most {SCALE_MAX} can be kept.")
        raise located(refused, record.where)


def _write_chunk(
    session: Session, book: Book, records: Sequence[Record], types: dict[str, str], now: datetime, actor: str
) -> None:
    entries = [_entry(book, record, actor) for record in records]
    try:
        with savepoint(session):
            write_entries(session, book, entries, now=now, types=types)
    except LedgerError:
        _find_refused(session, book, records, entries, types, now)
        raise


def _find_refused(
    session: Session,
    book: Book,
    records: Sequence[Record],
    entries: Sequence[Entry],
    types: dict[str, str],
    now: datetime,
) -> None:
    # One by one, which is slow, but only a refusal pays for it: the client must learn which record.
    for record, entry in zip(records, entries, strict=True):
        try:
            write_entries(session, book, [entry], now=now, types=types)
        except LedgerError as error:
            raise located(error, record.where) from error


def _entry(book: Book, record: Record, actor: str) -> Entry:
    try:
        return Entry(
            id=new_id(),
            postings=tuple(
                _posting(book, each.account, each.asset, each.quantity) for each in record.entries
            ),
            description=rules.check_text(
                record.description, rules.DESCRIPTION_CHARS_MAX, pointer="/description"
            )
            or "",
            reference=rules.check_reference(record.reference),
            effective_at=record.effective_at,
            metadata=rules.check_metadata(record.metadata),
            actor=actor,
        )
    except LedgerError as error:
        raise located(error, record.where) from error


def _posting(book: Book, account: str, asset: str, quantity: Decimal) -> EntryPosting:
    scale = book.scales[asset]
    if decimals_of(quantity) > scale:
        raise InvalidAmount(f"{quantity} has more decimals than {asset} has in this ledger, {scale}.")
    minor = int(quantity.scaleb(scale))
    if abs(minor) > MINOR_MAX:
        raise AmountOutOfRange(f"{quantity} {asset} does not fit into 64 bits of its smallest unit.")
    return EntryPosting(rules.check_path(account, pointer=None), asset, minor)
