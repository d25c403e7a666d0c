"""What must always hold of holds, each as one query that lists the rows where it does not."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select

from myapp.ledger.core import ACCOUNT, BALANCE
from myapp.ledger.holds.held import HOLD, HOLD_POSTING


def wrong_pending(ledger_id: int) -> Select[Any]:
    """Select the balance rows whose pending totals are not what holds still hold on them.

    Columns: account, asset, pending_debits, pending_credits, held_debits, held_credits.
    """
    debits = case((HOLD_POSTING.c.remaining > 0, HOLD_POSTING.c.remaining), else_=0)
    credits_ = case((HOLD_POSTING.c.remaining < 0, -HOLD_POSTING.c.remaining), else_=0)
    held = (
        select(
            HOLD_POSTING.c.account_id,
            HOLD_POSTING.c.asset,
            func.sum(debits).label("debits"),
            func.sum(credits_).label("credits"),
        )
        .where(HOLD_POSTING.c.ledger_id == ledger_id)
        .group_by(HOLD_POSTING.c.account_id, HOLD_POSTING.c.asset)
        .subquery("held")
    )
    held_debits, held_credits = func.coalesce(held.c.debits, 0), func.coalesce(held.c.credits, 0)
    same = and_(held.c.account_id == BALANCE.c.account_id, held.c.asset == BALANCE.c.asset)
    return (
        select(
            ACCOUNT.c.path.label("account"),
            BALANCE.c.asset,
            BALANCE.c.pending_debits,
            BALANCE.c.pending_credits,
            held_debits.label("held_debits"),
            held_credits.label("held_credits"),
        )
        .select_from(
            BALANCE.join(
                ACCOUNT,
                and_(ACCOUNT.c.ledger_id == BALANCE.c.ledger_id, ACCOUNT.c.id == BALANCE.c.account_id),
            ).outerjoin(held, same)
        )
        .where(
            BALANCE.c.ledger_id == ledger_id,
            or_(BALANCE.c.pending_debits != held_debits, BALANCE.c.pending_credits != held_credits),
        )
        .order_by(ACCOUNT.c.path, BALANCE.c.asset)
    )


def wrong_holds(ledger_id: int) -> Select[Any]:
    """Select the holds that hold though they are not open, or hold nothing though they are, or unevenly.

    Columns: id, status, asset, held (how many postings hold something), net (their sum, to be zero).
    """
    held = func.sum(case((HOLD_POSTING.c.remaining != 0, 1), else_=0))
    net = func.sum(HOLD_POSTING.c.remaining)
    amounts = func.sum(HOLD_POSTING.c.amount)
    by_asset = (
        select(
            HOLD_POSTING.c.hold_id,
            HOLD_POSTING.c.asset,
            held.label("held"),
            net.label("net"),
            amounts.label("amounts"),
            func.sum(held).over(partition_by=HOLD_POSTING.c.hold_id).label("held_in_all"),
        )
        .where(HOLD_POSTING.c.ledger_id == ledger_id)
        .group_by(HOLD_POSTING.c.hold_id, HOLD_POSTING.c.asset)
        .subquery("by_asset")
    )
    return (
        select(HOLD.c.id, HOLD.c.status, by_asset.c.asset, by_asset.c.held, by_asset.c.net)
        .select_from(HOLD.outerjoin(by_asset, by_asset.c.hold_id == HOLD.c.id))
        .where(
            HOLD.c.ledger_id == ledger_id,
            or_(
                by_asset.c.net.is_(None),
                by_asset.c.net != 0,
                by_asset.c.amounts != 0,
                and_(HOLD.c.status == "open", by_asset.c.held_in_all == 0),
                and_(HOLD.c.status != "open", by_asset.c.held_in_all != 0),
            ),
        )
        .order_by(HOLD.c.id, by_asset.c.asset)
    )
