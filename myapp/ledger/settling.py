"""Settle a write: open the accounts it names first, and give back what expired holds keep from it.

Nothing of this is on the way of a write that is not refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from myapp.db import ConcurrencyConflict, is_another_attempt
from myapp.ledger.books import Book
from myapp.ledger.claims import claim_all
from myapp.ledger.dialects import is_postgresql
from myapp.ledger.given import balance_rows
from myapp.ledger.holds.expiry import give_back_to
from myapp.ledger.holds.locking import lock_with_holds
from myapp.ledger.holds.reserving import reserve
from myapp.ledger.inputs import BALANCES
from myapp.ledger.kit import POSTGRESQL, SQLITE, kit_of
from myapp.ledger.opening import open_accounts, type_to_open
from myapp.ledger.outcomes import Claim, Outcome
from myapp.ledger.plan import Plan
from myapp.ledger.refusals import was_closed_meanwhile
from myapp.ledger.running_totals import PENDING, POSTED, take_back
from myapp.ledger.writing import write

_NOT_CLAIMED = Outcome(frozenset(), claimed=False, balances={}, recorded_at={})

# More balances than these need not be helped: if one of them refuses for good, so does the write.
_HELPED_MAX = 500


@dataclass(frozen=True, slots=True)
class Way:
    """A way to write a plan, with how to undo it on the balance rows that did not refuse."""

    write: Callable[[Session, int, Plan, tuple[Claim, ...]], Outcome]
    undo_on_postgresql: Update
    undo_on_sqlite: Update


POST = Way(write, take_back(POSTGRESQL, POSTED), take_back(SQLITE, POSTED))
HOLD = Way(reserve, take_back(POSTGRESQL, PENDING), take_back(SQLITE, PENDING))


def settle(
    session: Session,
    book: Book,
    planned: Plan,
    way: Way,
    *,
    now: datetime,
    claims: tuple[Claim, ...] = (),
    types: Mapping[str, str] | None = None,
) -> Outcome:
    """Write a plan and return what became of it: rows may have refused for good, and are missing then.

    Raises:
        UnknownAccount: an account may not be opened, or its type cannot be told.
        ConcurrencyConflict: an account was frozen or closed meanwhile.
    """
    try:
        if is_another_attempt(session) and planned.asks_limits:
            # The keys first, as below. A capture, which asks no limit, has the balances of its hold already.
            if claim_all(session, book.id, claims, now=now):
                return _NOT_CLAIMED
            claims = ()
            _lock(session, book, planned, now)
        outcome = way.write(session, book.id, planned, claims)
        if outcome.unknown:
            opened = _types_to_open(book, planned, outcome, types or {})
            # The keys first, as whoever claims several takes them: a batch that has the key would wait for
            # the accounts that this write opens, and this write for the key.
            if claim_all(session, book.id, claims, now=now):
                return _NOT_CLAIMED
            open_accounts(session, book.id, opened, now=now)
            outcome = way.write(session, book.id, planned, ())
        while outcome.claimed and _is_helped(session, book, planned, outcome, now):
            _take_back(session, book, planned, outcome, way)
            # The keys are claimed; once more they would seem to be another request's.
            outcome = way.write(session, book.id, planned, ())
        return outcome
    except DBAPIError as error:
        if was_closed_meanwhile(error):
            raise ConcurrencyConflict("An account was frozen or closed meanwhile.") from error
        raise


def _lock(session: Session, book: Book, planned: Plan, now: datetime) -> None:
    lock_with_holds(session, book.id, [(each.account, each.asset) for each in planned.balances], now=now)


def _types_to_open(book: Book, planned: Plan, outcome: Outcome, types: Mapping[str, str]) -> dict[str, str]:
    paths = [each.account for each in planned.balances if each.number in outcome.unknown]
    return {path: type_to_open(book, path, types) for path in paths}


def _is_helped(session: Session, book: Book, planned: Plan, outcome: Outcome, now: datetime) -> bool:
    if len(outcome.balances) == len(planned.balances):
        return False
    refused = [(each.account, each.asset) for each in planned.balances if each.number not in outcome.balances]
    return give_back_to(session, book.id, refused[:_HELPED_MAX], now=now) > 0


def _take_back(session: Session, book: Book, planned: Plan, outcome: Outcome, way: Way) -> None:
    touched = [each for each in planned.balances if each.number in outcome.balances]
    if touched:
        statement = way.undo_on_postgresql if is_postgresql(session) else way.undo_on_sqlite
        given = kit_of(session).given(BALANCES, balance_rows(touched))
        session.execute(statement, {"own_ledger_id": book.id, **given})
