"""Read the journal: one transaction, or a list by time; and change metadata, the one thing that can."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session, aliased

from myapp.ledger.books import Book
from myapp.ledger.dialects import insert_for, is_postgresql
from myapp.ledger.errors import TransactionNotFound
from myapp.ledger.metadata import merged
from myapp.ledger.money import MINOR_MAX, format_amount
from myapp.ledger.paging import page_of
from myapp.ledger.tables import Account, Asset, Posting, Transaction, TransactionMetadata
from myapp.ledger.views import Page, PostingView, TransactionView

_REVERSAL = aliased(Transaction)


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """Which transactions; times are inclusive and effective, `text` is looked for in descriptions.

    `amount` is that of a posting, in its asset's unit and on either side.
    """

    account: str | None = None
    asset: str | None = None
    amount: Decimal | None = None
    effective_from: datetime | None = None
    effective_to: datetime | None = None
    reference: str | None = None
    text: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    order: str = "recorded"


def find(session: Session, book: Book, transaction_id: UUID) -> TransactionView:
    """Return a transaction.

    Raises:
        TransactionNotFound: the ledger has none with this id.
    """
    rows = session.execute(_select(book).where(Transaction.id == transaction_id)).all()
    if not rows:
        raise TransactionNotFound(f"The ledger has no transaction {transaction_id}.")
    return _views(session, book, rows)[0]


def as_first_answered(session: Session, book: Book, transaction_id: UUID) -> TransactionView:
    """Return a transaction as it was when it was made: before any change of metadata, not reversed."""
    return all_as_first_answered(session, book, [transaction_id])[transaction_id]


def all_as_first_answered(
    session: Session, book: Book, transaction_ids: Collection[UUID]
) -> dict[UUID, TransactionView]:
    """Return transactions as they were when they were made, by id."""
    first = select(Transaction, Transaction.metadata_.label("current"), null().label("by"))
    rows = session.execute(first.where(Transaction.ledger_id == book.id, Transaction.id.in_(transaction_ids)))
    return {view.id: view for view in _views(session, book, rows.all())}


def listed(
    session: Session,
    book: Book,
    wanted: TransactionFilter,
    *,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> Page[TransactionView]:
    """Return transactions, newest first, by recorded or by effective time."""
    time = Transaction.effective_at if wanted.order == "effective" else Transaction.recorded_at
    statement = _filtered(session, _select(book), book, wanted)
    if after is not None:
        # Typed, or SQLite would compare its integers with text, and show the first page for ever.
        reached = tuple_(*after, types=[time.type, Transaction.id.type])
        statement = statement.where(tuple_(time, Transaction.id) < reached)
    rows = session.execute(statement.order_by(time.desc(), Transaction.id.desc()).limit(limit + 1)).all()
    views = _views(session, book, rows)
    by_effective = wanted.order == "effective"
    return page_of(
        views, limit, lambda view: (view.effective_at if by_effective else view.recorded_at, view.id)
    )


def change_metadata(
    session: Session,
    book: Book,
    transaction_id: UUID,
    change: Mapping[str, str | None],
    *,
    now: datetime,
) -> TransactionView:
    """Merge into a transaction's metadata; a None value removes its key.

    Raises:
        TransactionNotFound: the ledger has none with this id.
        InvalidRequest: the result breaks the rules of metadata.
    """
    # The lock on the transaction keeps two merges from losing one another.
    lock = select(Transaction.id).where(Transaction.ledger_id == book.id, Transaction.id == transaction_id)
    session.execute(lock.with_for_update()).all()
    before = find(session, book, transaction_id)
    values = {"metadata": merged(before.metadata, change), "changed_at": now}
    key = {"ledger_id": book.id, "txn_id": transaction_id}
    statement = insert_for(session, TransactionMetadata).values(**key, **values)
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))
    return find(session, book, transaction_id)


def _current_metadata() -> ColumnElement[Any]:
    return func.coalesce(
        TransactionMetadata.metadata_, Transaction.metadata_, type_=Transaction.metadata_.type
    )


def _select(book: Book) -> Select[Any]:
    changed = and_(
        TransactionMetadata.ledger_id == Transaction.ledger_id, TransactionMetadata.txn_id == Transaction.id
    )
    reversal = and_(_REVERSAL.ledger_id == Transaction.ledger_id, _REVERSAL.reverses == Transaction.id)
    return (
        select(Transaction, _current_metadata().label("current"), _REVERSAL.id.label("by"))
        .outerjoin(TransactionMetadata, changed)
        .outerjoin(_REVERSAL, reversal)
        .where(Transaction.ledger_id == book.id)
    )


def _filtered(session: Session, statement: Select[Any], book: Book, wanted: TransactionFilter) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = []
    if (wanted.account, wanted.asset, wanted.amount) != (None, None, None):
        conditions.append(_posts_to(book, wanted))
    if wanted.effective_from is not None:
        conditions.append(Transaction.effective_at >= wanted.effective_from)
    if wanted.effective_to is not None:
        conditions.append(Transaction.effective_at <= wanted.effective_to)
    if wanted.reference is not None:
        conditions.append(Transaction.reference == wanted.reference)
    if wanted.text:
        conditions.append(Transaction.description.icontains(wanted.text, autoescape=True))
    conditions += [_has(session, key, value) for key, value in wanted.metadata.items()]
    return statement.where(*conditions)


def _posts_to(book: Book, wanted: TransactionFilter) -> ColumnElement[bool]:
    if wanted.account is None and wanted.amount is None:
        return _moves_asset(wanted)
    posting = select(Posting.txn_id).where(Posting.ledger_id == book.id)
    if wanted.account is not None:
        account = select(Account.id).where(Account.ledger_id == book.id, Account.path == wanted.account)
        posting = posting.where(Posting.account_id == account.scalar_subquery())
    if wanted.asset is not None:
        posting = posting.where(Posting.asset == wanted.asset)
    if wanted.amount is not None:
        posting = posting.where(_moves(book, wanted.amount))
    return Transaction.id.in_(posting)


def _moves_asset(wanted: TransactionFilter) -> ColumnElement[bool]:
    # Asked of one transaction after another, of which most may do: SQLite would make a list of all postings.
    # Without the last condition, which is true of every posting, it would read the ledger's for each of them.
    return exists().where(
        Posting.ledger_id == Transaction.ledger_id,
        Posting.txn_id == Transaction.id,
        Posting.asset == wanted.asset,
        Posting.position >= 0,
    )


def _moves(book: Book, amount: Decimal) -> ColumnElement[bool]:
    """Return the condition on postings of an amount; `book` has all scales."""
    assets: dict[int, list[str]] = defaultdict(list)
    for code, scale in book.scales.items():
        minor = abs(amount).scaleb(scale)
        # With fewer decimals no posting of the asset has it, nor past 64 bits.
        if minor == int(minor) and minor <= MINOR_MAX:
            assets[int(minor)].append(code)
    found = (
        and_(Posting.asset.in_(codes), Posting.amount.in_([minor, -minor])) for minor, codes in assets.items()
    )
    return or_(false(), *found)


def _has(session: Session, key: str, value: str) -> ColumnElement[bool]:
    current = _current_metadata()
    if is_postgresql(session):
        # Both sides typed as text: they would take the type of the document on the left, jsonb.
        return current.op("->>", return_type=Text())(literal(key, Text())) == value
    pairs = func.json_each(current).table_valued("key", "value")
    return exists().where(pairs.c.key == key, pairs.c.value == value)


def _views(session: Session, book: Book, rows: Sequence[Any]) -> list[TransactionView]:
    postings = _postings(session, book, [row.Transaction.id for row in rows])
    return [_view(book, row, postings.get(row.Transaction.id, [])) for row in rows]


def _postings(session: Session, book: Book, ids: Sequence[UUID]) -> dict[UUID, list[PostingView]]:
    statement = (
        select(Posting, Account.path, Asset.scale)
        .join(Account, and_(Account.ledger_id == Posting.ledger_id, Account.id == Posting.account_id))
        .join(Asset, and_(Asset.ledger_id == Posting.ledger_id, Asset.code == Posting.asset))
        .where(Posting.ledger_id == book.id, Posting.txn_id.in_(ids))
        .order_by(Posting.txn_id, Posting.position)
    )
    found: dict[UUID, list[PostingView]] = {}
    for posting, path, scale in session.execute(statement).all():
        amount, balance = format_amount(posting.amount, scale), format_amount(posting.balance, scale)
        view = PostingView(path, posting.asset, amount, balance, posting.version)
        found.setdefault(posting.txn_id, []).append(view)
    return found


def _view(book: Book, row: Any, postings: Sequence[PostingView]) -> TransactionView:
    transaction: Transaction = row.Transaction
    return TransactionView(
        id=transaction.id,
        ledger=book.name,
        kind=transaction.kind,
        description=transaction.description,
        reference=transaction.reference,
        effective_at=transaction.effective_at,
        recorded_at=transaction.recorded_at,
        actor=transaction.actor,
        metadata=row.current,
        reverses=transaction.reverses,
        reversed_by=row.by,
        postings=postings,
    )
