"""Lock at once what a write needs and what expired holds keep of it, in the one order of all writers.

A write that is refused gives back what expired holds keep, and never waits for it: it has balances already,
and those of the holds may sort before them. Where another writer has one of them, all of it is begun anew,
and takes its locks here first.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, select, union
from sqlalchemy.orm import Session

from myapp.ledger.core import ACCOUNT, BALANCE, OWN_LEDGER_ID
from myapp.ledger.dialects import is_postgresql
from myapp.ledger.holds.expiry import KEPT, keeping
from myapp.ledger.holds.held import HOLD_POSTING
from myapp.ledger.kit import POSTGRESQL
from myapp.ledger.types import Instant


def lock_with_holds(
    session: Session, ledger_id: int, balances: Collection[tuple[str, str]], *, now: datetime
) -> None:
    """Lock the balance rows of these accounts' assets, and all those of expired holds that keep any of them.

    Waits for others, so it comes before the transaction's first lock of a balance, where it can. On SQLite
    its one writer has the lock already.
    """
    if is_postgresql(session):
        given = POSTGRESQL.given(KEPT, balances)
        session.execute(_LOCK, {"own_ledger_id": ledger_id, "now": now, **given}).all()


def _lock() -> Select[Any]:
    rows, beside = POSTGRESQL.rows(KEPT), HOLD_POSTING.alias("beside")
    account = and_(ACCOUNT.c.ledger_id == OWN_LEDGER_ID, ACCOUNT.c.path == rows.c.path)
    holds = keeping(POSTGRESQL, OWN_LEDGER_ID, bindparam("now", type_=Instant()))
    keys = union(
        select(ACCOUNT.c.id.label("account_id"), rows.c.asset).select_from(rows.join(ACCOUNT, account)),
        select(beside.c.account_id, beside.c.asset).where(
            beside.c.ledger_id == OWN_LEDGER_ID, beside.c.hold_id.in_(holds)
        ),
    ).subquery("keys")
    same = and_(
        BALANCE.c.ledger_id == OWN_LEDGER_ID,
        BALANCE.c.account_id == keys.c.account_id,
        BALANCE.c.asset == keys.c.asset,
    )
    # Locked as an UPDATE would lock them.
    return (
        select(BALANCE.c.account_id)
        .select_from(keys.join(BALANCE, same))
        .order_by(BALANCE.c.account_id, BALANCE.c.asset)
        .with_for_update(of=BALANCE, key_share=True)
    )


_LOCK = _lock()
