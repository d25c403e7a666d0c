"""The rows of holds that are taken over: what they hold, and what captured them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from myapp.db import ConcurrencyConflict
from myapp.ledger.core import ACCOUNT
from myapp.ledger.dialects import insert_for
from myapp.ledger.holds.held import HOLD, HOLD_POSTING
from myapp.ledger.holds.tables import Hold, HoldCapture
from myapp.ledger.refusals import was_closed_meanwhile
from myapp.ledger.restoring.contents import KeptHold
from myapp.ledger.restoring.rows import insert_all, insert_new, row_of
from myapp.ledger.tables import Balance


def write_hold(
    session: Session, ledger_id: int, hold: KeptHold, numbers: Mapping[str, int], **other: Any
) -> None:
    """Record a hold, what it holds and what captured it; `other` are values that are not the file's."""
    fields = (
        *("id", "status", "description", "reference", "effective_at", "recorded_at", "actor", "expires_at"),
    )
    insert_new(session, Hold, [{**row_of(hold, ledger_id, fields), "metadata": hold.metadata, **other}])
    held = [
        {
            "ledger_id": ledger_id,
            "hold_id": hold.id,
            "position": position,
            "account_id": numbers[each.account],
            "asset": each.asset,
            "amount": each.amount,
            "remaining": each.remaining,
            "expires_at": hold.expires_at,
        }
        for position, each in enumerate(hold.postings)
    ]
    session.execute(insert(HOLD_POSTING), held)
    insert_all(session, HoldCapture, _captures(ledger_id, hold.id, hold.captures))


def keep_balances(session: Session, ledger_id: int, keys: Collection[tuple[str, str]]) -> None:
    """Write the balance rows that are not there, for holds that need one and hold nothing any more.

    Raises:
        ConcurrencyConflict: an account was frozen or closed meanwhile.
    """
    paths = {path for path, _ in keys}
    columns = select(ACCOUNT.c.path, ACCOUNT.c.id, ACCOUNT.c.status)
    found = session.execute(columns.where(ACCOUNT.c.ledger_id == ledger_id, ACCOUNT.c.path.in_(paths)))
    accounts = {row.path: {"account_id": row.id, "status": row.status} for row in found}
    totals = dict.fromkeys(["debits", "credits", "pending_debits", "pending_credits", "version"], 0)
    wanted = [
        {"ledger_id": ledger_id, "asset": asset, **accounts[path], **totals} for path, asset in sorted(keys)
    ]
    try:
        session.execute(insert_for(session, Balance).on_conflict_do_nothing(), wanted)
    except DBAPIError as error:
        if was_closed_meanwhile(error):
            raise ConcurrencyConflict("An account was frozen or closed meanwhile.") from error
        raise


def _captures(ledger_id: int, hold_id: UUID, captures: Sequence[UUID]) -> Iterable[dict[str, Any]]:
    for number, each in enumerate(captures, start=1):
        yield {"ledger_id": ledger_id, "hold_id": hold_id, "number": number, "txn_id": each}


def taken_of_hold(session: Session, ledger_id: int, hold: KeptHold) -> str | None:
    """Return what of a hold another one of the ledger has: `id`, `reference`, or None for nothing."""
    own = select(HOLD.c.id).where(HOLD.c.ledger_id == ledger_id)
    if session.execute(own.where(HOLD.c.id == hold.id)).first():
        return "id"
    same = own.where(HOLD.c.reference == hold.reference)
    taken = hold.reference is not None and session.execute(same).first() is not None
    return "reference" if taken else None
