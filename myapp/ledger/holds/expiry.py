"""Expiry without a job: what has expired is left out by whoever reads, and given back by whoever writes.

A hold is expired once it is open and its `expires_at` has come. Its amounts stay pending on the balance rows
until a write gives them back: because that write needs them, or in passing. The limits of a write compare
with the balance row alone. Were what has expired subtracted inside that comparison, PostgreSQL would look it
up as it was when the statement began, while the row it waited for is the latest: what was given back
or captured meanwhile would count twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, case, cast, func, select, update
from sqlalchemy.orm import Session

from myapp.ledger.core import ACCOUNT, BALANCE
from myapp.ledger.holds.held import HOLD, HOLD_POSTING, Held, held_by, let_go, lock_balances_of
from myapp.ledger.holds.tables import STILL_HELD
from myapp.ledger.kit import Kit, kit_of
from myapp.ledger.sources import Source
from myapp.ledger.types import Int64, SortedText

SWEPT_MAX = 100
# More than a refused write would ever meet of one account, unless nobody wrote for a long time.
GIVEN_BACK_MAX = 1_000

# The accounts' assets that are asked about.
KEPT = Source("kept", {"path": SortedText, "asset": SortedText})


def lapsed(now: datetime | ColumnElement[Any]) -> tuple[ScalarSelect[Any], ScalarSelect[Any]]:
    """Return what of a `Balance` row's pending debits and credits belongs to expired holds."""
    debits = case((HOLD_POSTING.c.remaining > 0, HOLD_POSTING.c.remaining), else_=0)
    credits_ = case((HOLD_POSTING.c.remaining < 0, -HOLD_POSTING.c.remaining), else_=0)
    return _sum(debits, now), _sum(credits_, now)


def _sum(amount: Any, now: datetime | ColumnElement[Any]) -> ScalarSelect[Any]:
    return (
        select(cast(func.coalesce(func.sum(amount), 0), Int64))
        .where(
            HOLD_POSTING.c.ledger_id == BALANCE.c.ledger_id,
            HOLD_POSTING.c.account_id == BALANCE.c.account_id,
            HOLD_POSTING.c.asset == BALANCE.c.asset,
            HOLD_POSTING.c.expires_at <= now,
            STILL_HELD,
        )
        .correlate(BALANCE)
        .scalar_subquery()
    )


def give_back_to(
    session: Session, ledger_id: int, balances: Collection[tuple[str, str]], *, now: datetime
) -> int:
    """Give back what expired holds keep of these accounts' assets; return how many holds that were.

    Never waits, because the caller has locked balances already, and those of a hold may sort before them. A
    hold of which another writer has a balance is left out: the work is worth another attempt then.
    """
    kit = kit_of(session)
    holds = keeping(kit, ledger_id, now)
    wanted = _expired(ledger_id, now).where(HOLD.c.id.in_(holds)).limit(GIVEN_BACK_MAX)
    return _expire(session, ledger_id, wanted, kit.given(KEPT, balances))


def keeping(kit: Kit, ledger_id: int | ColumnElement[int], now: datetime | ColumnElement[Any]) -> Select[Any]:
    """Return the ids of the expired holds that keep something of the balances in `KEPT`."""
    rows = kit.rows(KEPT)
    account = and_(ACCOUNT.c.ledger_id == ledger_id, ACCOUNT.c.path == rows.c.path)
    kept = and_(
        HOLD_POSTING.c.ledger_id == ledger_id,
        HOLD_POSTING.c.account_id == ACCOUNT.c.id,
        HOLD_POSTING.c.asset == rows.c.asset,
        HOLD_POSTING.c.expires_at <= now,
        STILL_HELD,
    )
    joined = rows.join(ACCOUNT, account, isouter=kit.outer).join(HOLD_POSTING, kept, isouter=kit.outer)
    return select(HOLD_POSTING.c.hold_id).select_from(joined)


def sweep(session: Session, ledger_id: int, *, now: datetime) -> int:
    """Give back what some expired holds of the ledger keep; return how many holds that were.

    It comes last in a request and never waits: whoever waits for nobody takes part in no deadlock.
    """
    return _expire(session, ledger_id, _expired(ledger_id, now).limit(SWEPT_MAX), {})


def _expired(ledger_id: int, now: datetime) -> Select[Any]:
    return (
        select(HOLD.c.id)
        .where(HOLD.c.ledger_id == ledger_id, HOLD.c.status == "open", HOLD.c.expires_at <= now)
        .order_by(HOLD.c.expires_at, HOLD.c.id)
    )


def _expire(session: Session, ledger_id: int, wanted: Select[Any], given: Mapping[str, Any]) -> int:
    ids = session.scalars(wanted, given).all()
    if not ids:
        return 0
    locked = lock_balances_of(session, ledger_id, ids, wait=False)
    # Read behind the locks: some of it may have been let go of since the holds were found.
    held = held_by(session, ledger_id, ids)
    ready = _wholly_within(held, locked)
    if ready:
        let_go(session, ledger_id, [(each, each.remaining) for each in held if each.hold_id in ready])
        mark(session, ledger_id, ready, "expired")
    return len(ready)


def _wholly_within(held: Collection[Held], locked: Collection[tuple[int, str]]) -> set[UUID]:
    keys = defaultdict(list)
    for each in held:
        keys[each.hold_id].append(each.key in locked)
    return {hold_id for hold_id, within in keys.items() if all(within)}


def mark(session: Session, ledger_id: int, hold_ids: Collection[UUID], status: str) -> None:
    """Set the status of holds whose balances are locked."""
    statement = update(HOLD).where(HOLD.c.ledger_id == ledger_id, HOLD.c.id.in_(hold_ids))
    session.execute(statement.values(status=status))
