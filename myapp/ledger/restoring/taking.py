"""Take over contents: as they are where the ledger is empty, and behind what is there where it is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from myapp.ledger.books import Book
from myapp.ledger.core import ACCOUNT
from myapp.ledger.errors import InvalidRequest
from myapp.ledger.holds.held import HOLD
from myapp.ledger.restoring import held_rows, rows
from myapp.ledger.restoring.appending import append
from myapp.ledger.restoring.checking import at_line
from myapp.ledger.restoring.contents import Contents, KeptAsset
from myapp.ledger.restoring.order import originals_first
from myapp.ledger.tables import Ledger, table_of

_LEDGER = table_of(Ledger)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many of each are new."""

    transactions: int
    accounts: int
    assets: int


def take_over(session: Session, book: Book, contents: Contents, *, now: datetime, actor: str) -> Taken:
    """Write contents that were checked; `book` has the scales of all its assets.

    Raises:
        InvalidRequest: an asset or an account is there already, and is another one.
        TransactionExists, ReferenceExists: a transaction or a hold is there already.
        LedgerError: an account refuses, as in `posting.post`; the transaction must abort.
        ConcurrencyConflict: somebody else wrote to the ledger meanwhile.
    """
    # Two imports into one empty ledger would each find it so.
    session.execute(select(_LEDGER.c.id).where(_LEDGER.c.id == book.id).with_for_update(key_share=True)).all()
    new_assets = [each for each in contents.assets if each.code not in book.scales]
    _check_scales(book, contents.assets)
    rows.write_assets(session, book.id, new_assets)
    if _is_empty(session, book):
        _restore(session, book, contents)
        accounts = len(contents.accounts)
    else:
        accounts = append(session, book, contents, now=now, actor=actor)
    return Taken(len(contents.transactions), accounts, len(new_assets))


def _is_empty(session: Session, book: Book) -> bool:
    # Whatever was posted or held is on an account, so these two tell of all.
    found = [exists().where(table.c.ledger_id == book.id) for table in (ACCOUNT, HOLD)]
    return not any(session.execute(select(*found)).one())


def _check_scales(book: Book, assets: Iterable[KeptAsset]) -> None:
    for each in assets:
        there = book.scales.get(each.code, each.scale)
        if there != each.scale:
            refused = InvalidRequest(f"{each.code} has {each.scale} decimals, and {there} in this ledger.")
            raise at_line(refused, each.line)


def _restore(session: Session, book: Book, contents: Contents) -> None:
    settings = contents.settings
    session.execute(
        update(_LEDGER)
        .where(_LEDGER.c.id == book.id)
        .values(
            description=settings.description,
            strict_accounts=settings.strict_accounts,
            metadata=settings.metadata,
            created_at=settings.created_at,
        )
    )
    transactions, holds = list(originals_first(contents.transactions)), contents.holds
    rows.write_accounts(session, book.id, contents.accounts, first=1)
    numbers = rows.numbers_of_accounts(session, book.id)
    rows.write_balances(session, book.id, numbers, contents.accounts, transactions, holds)
    rows.write_transactions(session, book.id, transactions)
    rows.write_changes(session, book.id, transactions)
    rows.write_postings(session, book.id, numbers, transactions)
    for hold in holds:
        held_rows.write_hold(session, book.id, hold, numbers)
