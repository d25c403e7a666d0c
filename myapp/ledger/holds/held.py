"""What is held: read it posting by posting, and let go of it, on the hold and on the balance rows alike.

Whoever lets go has locked all balance rows of the hold before, sorted by key like those of every writer. So
nobody else can let go of any of it meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, Update, and_, bindparam, select, update
from sqlalchemy.orm import Session

from myapp.ledger.core import BALANCE, OWN_LEDGER_ID
from myapp.ledger.dialects import is_postgresql
from myapp.ledger.holds.tables import STILL_HELD, Hold, HoldPosting
from myapp.ledger.kit import POSTGRESQL, SQLITE, Kit, kit_of
from myapp.ledger.sources import Source
from myapp.ledger.tables import Account, Asset, table_of
from myapp.ledger.types import Id, Int64, SortedText

HOLD, HOLD_POSTING = table_of(Hold), table_of(HoldPosting)

BalanceKey = tuple[int, str]

_PARTS = Source("part", {"hold_id": Id(), "position": Int64, "amount": Int64})
_SUMS = Source("s", {"account_id": Int64, "asset": SortedText, "debits": Int64, "credits": Int64})


@dataclass(frozen=True, slots=True)
class Held:
    """What one posting of a hold still holds; `remaining` is signed, in the smallest unit, never zero."""

    hold_id: UUID
    position: int
    account_id: int
    account: str
    asset: str
    scale: int
    remaining: int

    @property
    def key(self) -> BalanceKey:
        """Return the balance row's key within its ledger."""
        return self.account_id, self.asset


# An amount that is let go, of what a posting holds; it has the posting's sign.
Part = tuple[Held, int]


def held_by(session: Session, ledger_id: int, hold_ids: Collection[UUID]) -> list[Held]:
    """Return what the holds still hold, by hold and position."""
    statement = (
        select(
            HOLD_POSTING.c.hold_id,
            HOLD_POSTING.c.position,
            HOLD_POSTING.c.account_id,
            Account.path,
            HOLD_POSTING.c.asset,
            Asset.scale,
            HOLD_POSTING.c.remaining,
        )
        .join(
            Account,
            and_(Account.ledger_id == HOLD_POSTING.c.ledger_id, Account.id == HOLD_POSTING.c.account_id),
        )
        .join(Asset, and_(Asset.ledger_id == HOLD_POSTING.c.ledger_id, Asset.code == HOLD_POSTING.c.asset))
        .where(HOLD_POSTING.c.ledger_id == ledger_id, HOLD_POSTING.c.hold_id.in_(hold_ids), STILL_HELD)
        .order_by(HOLD_POSTING.c.hold_id, HOLD_POSTING.c.position)
    )
    return [Held(*row) for row in session.execute(statement).all()]


def lock_balances_of(
    session: Session, ledger_id: int, hold_ids: Collection[UUID], *, wait: bool = True
) -> set[BalanceKey]:
    """Lock the balance rows on which holds ever held something, and return which are locked.

    All of them, where the caller waits for others. On SQLite this only reads: its one writer has the lock.
    """
    statement = _LOCK if wait else _LOCK_WHAT_IS_FREE
    found = session.execute(statement, {"own_ledger_id": ledger_id, "hold_ids": list(hold_ids)}).all()
    return {(row.account_id, row.asset) for row in found}


def let_go(session: Session, ledger_id: int, parts: Sequence[Part]) -> None:
    """Lower what is held and what is pending; the balance rows are locked."""
    statements, given = _statements_of(session), kit_of(session).given
    lowered = [(held.hold_id, held.position, amount) for held, amount in parts]
    session.execute(statements.lower_held, {"own_ledger_id": ledger_id, **given(_PARTS, lowered)})
    session.execute(statements.lower_pending, {"own_ledger_id": ledger_id, **given(_SUMS, _sums(parts))})


def _sums(parts: Iterable[Part]) -> list[tuple[int, str, int, int]]:
    sums: dict[BalanceKey, list[int]] = {}
    for held, amount in parts:
        totals = sums.setdefault(held.key, [0, 0])
        totals[0] += max(0, amount)
        totals[1] += max(0, -amount)
    return [(*key, debits, credits_) for key, (debits, credits_) in sums.items()]


@dataclass(frozen=True, slots=True)
class _Statements:
    lower_held: Update
    lower_pending: Update


def _statements(kit: Kit) -> _Statements:
    return _Statements(
        lower_held=_lower_held(kit),
        lower_pending=_lower_pending(kit),
    )


def _lower_held(kit: Kit) -> Update:
    parts = kit.rows(_PARTS)
    return (
        update(HOLD_POSTING)
        .values(remaining=HOLD_POSTING.c.remaining - parts.c.amount)
        .where(
            HOLD_POSTING.c.ledger_id == OWN_LEDGER_ID,
            HOLD_POSTING.c.hold_id == parts.c.hold_id,
            HOLD_POSTING.c.position == parts.c.position,
        )
    )


def _lower_pending(kit: Kit) -> Update:
    sums = kit.rows(_SUMS)
    lowered = {
        "pending_debits": BALANCE.c.pending_debits - sums.c.debits,
        "pending_credits": BALANCE.c.pending_credits - sums.c.credits,
    }
    return update(BALANCE).values(lowered).where(_same_balance(sums))


def _same_balance(rows: FromClause) -> ColumnElement[bool]:
    return and_(
        BALANCE.c.ledger_id == OWN_LEDGER_ID,
        BALANCE.c.account_id == rows.c.account_id,
        BALANCE.c.asset == rows.c.asset,
    )


def _lock(*, skip_locked: bool) -> Select[Any]:
    of_these = HOLD_POSTING.c.hold_id.in_(bindparam("hold_ids", expanding=True))
    return (
        select(BALANCE.c.account_id, BALANCE.c.asset)
        .join(HOLD_POSTING, _same_balance(HOLD_POSTING))
        .where(HOLD_POSTING.c.ledger_id == OWN_LEDGER_ID, of_these)
        .order_by(BALANCE.c.account_id, BALANCE.c.asset)
        .with_for_update(of=BALANCE, skip_locked=skip_locked)
    )


_LOCK, _LOCK_WHAT_IS_FREE = _lock(skip_locked=False), _lock(skip_locked=True)
_ON_POSTGRESQL, _ON_SQLITE = _statements(POSTGRESQL), _statements(SQLITE)


def _statements_of(session: Session) -> _Statements:
    return _ON_POSTGRESQL if is_postgresql(session) else _ON_SQLITE
