"""Why did the write refuse? Ask the rows that did, within the transaction that will abort."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from myapp.db import ConcurrencyConflict
from myapp.ledger.books import Book
from myapp.ledger.errors import (
    AccountClosed,
    AccountFrozen,
    AlreadyReversed,
    AmountOutOfRange,
    InsufficientFunds,
    LedgerError,
    LimitExceeded,
    ReferenceExists,
    TransactionExists,
)
from myapp.ledger.holds.expiry import lapsed
from myapp.ledger.money import MINOR_MAX, format_amount
from myapp.ledger.outcomes import Outcome
from myapp.ledger.plan import BalanceDelta, Plan
from myapp.ledger.rules import normal_side
from myapp.ledger.tables import Account, Balance, Transaction


class LimitedTotals(Protocol):
    """A balance and its bounds; the row itself, or what it would be after a few more transactions."""

    debits: Any
    credits: Any
    pending_debits: Any
    pending_credits: Any
    lowest: Any
    highest: Any


def was_closed_meanwhile(error: DBAPIError) -> bool:
    """Tell whether a new balance row met an account that was frozen or closed since it was looked up."""
    diagnosis = getattr(error.orig, "diag", None)
    return getattr(diagnosis, "constraint_name", None) == "fk_balance_account"


def refusal(
    session: Session, book: Book, plan: Plan, outcome: Outcome, *, now: datetime
) -> LedgerError | ConcurrencyConflict:
    """Return the error to raise for an outcome that is not complete.

    When the rows no longer refuse, another transaction changed them meanwhile: then the work is worth
    another attempt.
    """
    # First, because whoever lost the race to reverse may also miss the funds that the winner took.
    for entry in plan.entries:
        if entry.reverses is not None and _is_reversed(session, book, entry.reverses):
            return AlreadyReversed(f"The transaction {entry.reverses} is reversed already.")
    refused = set(outcome.refused(plan))
    for delta in plan.balances:
        if delta.number in refused and (error := _of_balance(session, book, delta, now)) is not None:
            return error
    for entry in plan.entries:
        if entry.id not in outcome.recorded_at:
            error = _of_transaction(session, book, entry.id, entry.reference)
            if error is not None:
                return error
    return ConcurrencyConflict("The rows that refused the write have changed meanwhile.")


def _of_balance(session: Session, book: Book, delta: BalanceDelta, now: datetime) -> LedgerError | None:
    account = session.execute(
        select(Account.id, Account.status, Account.type).where(
            Account.ledger_id == book.id, Account.path == delta.account
        )
    ).one()
    if (refused := of_status(delta.account, account.status)) is not None:
        return refused
    lapsed_debits, lapsed_credits = lapsed(now)
    balance = session.execute(
        select(
            Balance.debits,
            Balance.credits,
            (Balance.pending_debits - lapsed_debits).label("pending_debits"),
            (Balance.pending_credits - lapsed_credits).label("pending_credits"),
            Balance.lowest,
            Balance.highest,
        ).where(Balance.ledger_id == book.id, Balance.account_id == account.id, Balance.asset == delta.asset)
    ).one_or_none()
    return None if balance is None else of_totals(book, delta, balance, account.type)


def of_status(path: str, status: str) -> LedgerError | None:
    """Return why an account in this state takes no postings, None when it is open."""
    if status == "frozen":
        return AccountFrozen(f"The account {path!r} is frozen.", account=path)
    if status == "closed":
        return AccountClosed(f"The account {path!r} is closed.", account=path)
    return None


def of_totals(
    book: Book, delta: BalanceDelta, balance: LimitedTotals, account_type: str
) -> LedgerError | None:
    """Return why a balance refuses a write, None when it stays within its limits and 64 bits."""
    return _of_limits(book, delta, balance, account_type) or _of_range(delta, balance)


def _of_range(delta: BalanceDelta, balance: LimitedTotals) -> LedgerError | None:
    room = (
        (delta.debits, MINOR_MAX - balance.debits - balance.pending_debits),
        (delta.credits, MINOR_MAX - balance.credits - balance.pending_credits),
    )
    if all(added == 0 or added <= left for added, left in room):
        return None
    return AmountOutOfRange(
        f"The total of {delta.asset} on {delta.account!r}, open holds counted, exceeds 64 bits."
    )


def _of_limits(
    book: Book, delta: BalanceDelta, balance: LimitedTotals, account_type: str
) -> LedgerError | None:
    net = balance.debits - balance.credits
    leaving, coming = net - balance.pending_credits, net + balance.pending_debits
    if _passes(delta.lowest, leaving, balance.lowest, downwards=True):
        downwards, move, bound = True, delta.lowest, balance.lowest
    elif _passes(delta.highest, coming, balance.highest, downwards=False):
        downwards, move, bound = False, delta.highest, balance.highest
    else:
        return None
    debit = normal_side(account_type) == "debit"
    # Which limit stands in the way, and not which way the write goes in all: it may end where it began.
    kind = InsufficientFunds if downwards is debit else LimitExceeded
    available = leaving if debit else -coming
    return _limit_error(book, delta, account_type, kind, bound or 0, available, move or 0)


def _passes(move: int | None, reached: int, bound: int | None, *, downwards: bool) -> bool:
    if move is None or bound is None:
        return False
    return reached + move < bound if downwards else reached + move > bound


def _limit_error(
    book: Book,
    delta: BalanceDelta,
    account_type: str,
    kind: type[InsufficientFunds | LimitExceeded],
    bound: int,
    available: int,
    move: int,
) -> LedgerError:
    sign = 1 if normal_side(account_type) == "debit" else -1
    scale = book.scales[delta.asset]
    limit = format_amount(sign * bound, scale)
    word = "below its min" if kind is InsufficientFunds else "above its max"
    return kind(
        f"{delta.account!r} would go {word} of {limit} {delta.asset}.",
        account=delta.account,
        asset=delta.asset,
        limit=limit,
        available=format_amount(available, scale),
        requested=format_amount(abs(move), scale),
    )


def _of_transaction(
    session: Session, book: Book, transaction_id: object, reference: str | None
) -> LedgerError | None:
    taken = select(Transaction.id).where(Transaction.ledger_id == book.id)
    if session.execute(taken.where(Transaction.id == transaction_id)).first():
        return TransactionExists(f"There is a transaction {transaction_id} already.")
    if reference is not None and session.execute(taken.where(Transaction.reference == reference)).first():
        return reference_exists(reference)
    return None


def _is_reversed(session: Session, book: Book, transaction_id: UUID) -> bool:
    reversal = select(Transaction.id).where(
        Transaction.ledger_id == book.id, Transaction.reverses == transaction_id
    )
    return session.execute(reversal).first() is not None


def reference_exists(reference: str | None) -> ReferenceExists:
    """Return the refusal of a reference that is taken."""
    return ReferenceExists(f"Another transaction has the reference {reference!r}.", pointer="/reference")
