"""Add contents to a ledger that is not empty: posted anew, so that its limits and states are asked.

Ids, effective times, kinds, links, references and metadata are kept. When it was recorded and by whom is
what this ledger tells of itself, and so is every balance and version.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from myapp.db import ConcurrencyConflict
from myapp.ledger.accounts import set_bounds
from myapp.ledger.books import Book, open_book
from myapp.ledger.core import ACCOUNT, TXN
from myapp.ledger.drafts import Entry, EntryPosting
from myapp.ledger.errors import InvalidRequest, LedgerError, TransactionExists
from myapp.ledger.holds.reading import is_expired
from myapp.ledger.holds.reserving import plan_of
from myapp.ledger.posting import write_entries
from myapp.ledger.refusals import reference_exists, refusal
from myapp.ledger.restoring import held_rows, rows
from myapp.ledger.restoring.checking import at_line
from myapp.ledger.restoring.contents import Contents, KeptAccount, KeptHold, KeptTransaction
from myapp.ledger.restoring.order import originals_first
from myapp.ledger.savepoints import savepoint
from myapp.ledger.settling import HOLD, settle
from myapp.ledger.tables import Account


def append(session: Session, book: Book, contents: Contents, *, now: datetime, actor: str) -> int:
    """Post and hold what the contents have, and return how many accounts are new.

    Raises:
        LedgerError: an account, a transaction or a hold is refused; the error tells its line.
    """
    book = open_book(session, book.name, None)
    there = _types(session, book)
    _check_types(contents.accounts, there)
    new = [each for each in contents.accounts if each.path not in there]
    # Open and without limits until everything is posted: they may have come later than what they forbid.
    opened = [replace(each, status="open") for each in new]
    rows.write_accounts(session, book.id, opened, _next(session, book))
    transactions = list(originals_first(contents.transactions))
    for chunk in _chunks(contents.transactions):
        _require_new(session, book, chunk)
    for chunk in _chunks(transactions):
        _post(session, book, chunk, now, actor)
    rows.write_changes(session, book.id, transactions, now)
    numbers = rows.numbers_of_accounts(session, book.id)
    for hold in contents.holds:
        _hold(session, book, hold, numbers, now, actor)
    _settle_accounts(session, book, new)
    return len(new)


def _types(session: Session, book: Book) -> dict[str, str]:
    accounts = select(ACCOUNT.c.path, ACCOUNT.c.type).where(ACCOUNT.c.ledger_id == book.id)
    return {row.path: row.type for row in session.execute(accounts)}


def _check_types(accounts: Sequence[KeptAccount], there: dict[str, str]) -> None:
    for each in accounts:
        found = there.get(each.path, each.type)
        if found != each.type:
            raise at_line(InvalidRequest(f"The type of {each.path!r} is {found} in this ledger."), each.line)


def _next(session: Session, book: Book) -> int:
    highest = select(func.coalesce(func.max(ACCOUNT.c.id), 0)).where(ACCOUNT.c.ledger_id == book.id)
    return int(session.scalars(highest).one()) + 1


def _chunks(transactions: Sequence[KeptTransaction]) -> Iterator[Sequence[KeptTransaction]]:
    for start in range(0, len(transactions), rows.CHUNK_ROWS):
        yield transactions[start : start + rows.CHUNK_ROWS]


def _require_new(session: Session, book: Book, transactions: Sequence[KeptTransaction]) -> None:
    # Asked before anything is posted: the same books again are told so, and not what else refuses them.
    ids = _taken(session, book, TXN.c.id, [each.id for each in transactions])
    references = [each.reference for each in transactions if each.reference is not None]
    taken = _taken(session, book, TXN.c.reference, references)
    for each in transactions:
        if each.id in ids:
            raise at_line(TransactionExists(f"There is a transaction {each.id} already."), each.line)
        if each.reference in taken:
            raise at_line(reference_exists(each.reference), each.line)


def _taken(session: Session, book: Book, column: Any, values: Sequence[Any]) -> set[Any]:
    return set(session.scalars(select(column).where(TXN.c.ledger_id == book.id, column.in_(values))))


def _post(
    session: Session, book: Book, transactions: Sequence[KeptTransaction], now: datetime, actor: str
) -> None:
    entries = [_entry(each, actor) for each in transactions]
    try:
        with savepoint(session):
            write_entries(session, book, entries, now=now)
    except IntegrityError as error:
        # What a reversal reverses was not recorded, because its reference was taken this very moment.
        raise ConcurrencyConflict("Somebody else has posted something of these books meanwhile.") from error
    except LedgerError:
        # One by one, which is slow, but only a refusal pays for it: the client must learn which line.
        for each, entry in zip(transactions, entries, strict=True):
            _post_one(session, book, each, entry, now)
        raise


def _post_one(session: Session, book: Book, kept: KeptTransaction, entry: Entry, now: datetime) -> None:
    try:
        write_entries(session, book, [entry], now=now)
    except LedgerError as error:
        raise at_line(error, kept.line) from error


def _entry(kept: KeptTransaction, actor: str) -> Entry:
    return Entry(
        id=kept.id,
        postings=tuple(EntryPosting(each.account, each.asset, each.amount) for each in kept.postings),
        description=kept.description,
        reference=kept.reference,
        effective_at=kept.effective_at,
        metadata=kept.metadata,
        kind=kept.kind,
        actor=actor,
        reverses=kept.reverses,
    )


def _hold(
    session: Session, book: Book, hold: KeptHold, numbers: dict[str, int], now: datetime, actor: str
) -> None:
    hold = _as_of(hold, now)
    try:
        _require_free(session, book, hold)
        _reserve(session, book, hold, now)
    except LedgerError as error:
        raise at_line(error, hold.line) from error
    held_rows.keep_balances(session, book.id, {each.key for each in hold.postings})
    held_rows.write_hold(session, book.id, hold, numbers, recorded_at=now, actor=actor)


def _as_of(hold: KeptHold, now: datetime) -> KeptHold:
    # What has expired holds nothing, and nothing is set aside for it anew.
    if not is_expired(hold.status, hold.expires_at, now):
        return hold
    nothing = [replace(each, remaining=0) for each in hold.postings]
    return replace(hold, status="expired", postings=nothing)


def _require_free(session: Session, book: Book, hold: KeptHold) -> None:
    taken = held_rows.taken_of_hold(session, book.id, hold)
    if taken == "id":
        raise TransactionExists(f"There is a hold {hold.id} already.")
    if taken == "reference":
        raise reference_exists(hold.reference)


def _reserve(session: Session, book: Book, hold: KeptHold, now: datetime) -> None:
    held = tuple(
        EntryPosting(each.account, each.asset, each.remaining) for each in hold.postings if each.remaining
    )
    if not held:
        return
    entry = Entry(hold.id, held, hold.description, hold.reference, hold.effective_at, hold.metadata)
    planned = plan_of(entry)
    outcome = settle(session, book, planned, HOLD, now=now)
    if len(outcome.balances) != len(planned.balances):
        raise refusal(session, book, planned, outcome, now=now)


def _settle_accounts(session: Session, book: Book, accounts: Sequence[KeptAccount]) -> None:
    for each in accounts:
        if each.bounds or each.status != "open":
            own = select(Account).where(Account.ledger_id == book.id, Account.path == each.path)
            account = session.scalars(own).one()
            set_bounds(session, account, each.bounds)
            # The database carries a new status over to the balance rows, where postings meet it.
            account.status = each.status
            session.flush()
