"""Holds: what is pending is what holds still hold, and a hold holds something as long as it is open."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Subquery, and_, case, func, literal_column, or_, select

from myapp.ledger.core import BALANCE, LEDGER_ID
from myapp.ledger.holds.held import HOLD, HOLD_POSTING
from myapp.ledger.types import Int64
from myapp.ledger.verifying.rule import Check, Rule, rule, told
from myapp.ledger.verifying.spelling import exact, exact_sum
from myapp.ledger.verifying.tables import key_of

_NOUGHT = literal_column("0", Int64)
_ITS_HOLD = and_(HOLD.c.ledger_id == HOLD_POSTING.c.ledger_id, HOLD.c.id == HOLD_POSTING.c.hold_id)

_ITS_BALANCE = and_(
    BALANCE.c.ledger_id == HOLD_POSTING.c.ledger_id,
    BALANCE.c.account_id == HOLD_POSTING.c.account_id,
    BALANCE.c.asset == HOLD_POSTING.c.asset,
)
_STATES = ("open", "captured", "voided", "expired")


def _held() -> Subquery:
    remaining = HOLD_POSTING.c.remaining
    debits = exact_sum(case((remaining > _NOUGHT, remaining), else_=_NOUGHT))
    credits_ = exact_sum(case((remaining < _NOUGHT, remaining), else_=_NOUGHT))
    return (
        select(
            HOLD_POSTING.c.account_id,
            HOLD_POSTING.c.asset,
            debits.label("pending_debits"),
            (-credits_).label("pending_credits"),
        )
        .where(HOLD_POSTING.c.ledger_id == LEDGER_ID)
        .group_by(HOLD_POSTING.c.account_id, HOLD_POSTING.c.asset)
        .subquery("held")
    )


def _pending() -> Rule:
    held = _held()
    same = and_(held.c.account_id == BALANCE.c.account_id, held.c.asset == BALANCE.c.asset)
    names = ("pending_debits", "pending_credits")
    return rule(
        "balance",
        "The pending totals are not what holds still hold.",
        BALANCE.outerjoin(held, same),
        {name: BALANCE.c[name] for name in ("account_id", "asset")},
        {name: (func.coalesce(held.c[name], _NOUGHT), exact(BALANCE.c[name])) for name in names},
        BALANCE.c.ledger_id == LEDGER_ID,
    )


def _open_or_empty() -> Rule:
    held = (
        select(
            HOLD_POSTING.c.hold_id,
            func.sum(case((HOLD_POSTING.c.remaining != _NOUGHT, 1), else_=0)).label("postings"),
        )
        .where(HOLD_POSTING.c.ledger_id == LEDGER_ID)
        .group_by(HOLD_POSTING.c.hold_id)
        .subquery("held")
    )
    holds = func.coalesce(held.c.postings, _NOUGHT) > _NOUGHT
    return rule(
        "hold",
        "The hold is open and holds nothing, or is not and holds something.",
        HOLD.outerjoin(held, held.c.hold_id == HOLD.c.id),
        key_of(HOLD),
        {"status": (case((holds, told("open")), else_=told("not open")), HOLD.c.status)},
        HOLD.c.ledger_id == LEDGER_ID,
        wrong=(HOLD.c.status == "open") != holds,
    )


def _of_a_known_state() -> Rule:
    return rule(
        "hold",
        "There is no such state.",
        HOLD,
        key_of(HOLD),
        {"status": (told(" or ".join(_STATES)), HOLD.c.status)},
        HOLD.c.ledger_id == LEDGER_ID,
        wrong=HOLD.c.status.not_in(list(map(told, _STATES))),
    )


def _even() -> Rule:
    sums = (
        select(
            HOLD_POSTING.c.hold_id.label("id"),
            HOLD_POSTING.c.asset,
            exact_sum(HOLD_POSTING.c.amount).label("amount"),
            exact_sum(HOLD_POSTING.c.remaining).label("remaining"),
        )
        .where(HOLD_POSTING.c.ledger_id == LEDGER_ID)
        .group_by(HOLD_POSTING.c.hold_id, HOLD_POSTING.c.asset)
        .subquery("sums")
    )
    return rule(
        "hold",
        "What the hold asked for, or still holds, does not sum to zero.",
        sums,
        {"id": sums.c.id, "asset": sums.c.asset},
        {name: (_NOUGHT, sums.c[name]) for name in ("amount", "remaining")},
    )


def _of_its_hold() -> Rule:
    return rule(
        "hold_posting",
        "Its hold or its balance row is not there, or the hold expires at another time.",
        HOLD_POSTING.outerjoin(HOLD, _ITS_HOLD).outerjoin(BALANCE, _ITS_BALANCE),
        key_of(HOLD_POSTING),
        {
            "hold_id": (HOLD.c.id, HOLD_POSTING.c.hold_id),
            "account_id": (BALANCE.c.account_id, HOLD_POSTING.c.account_id),
            "expires_at": (HOLD.c.expires_at, HOLD_POSTING.c.expires_at),
        },
        HOLD_POSTING.c.ledger_id == LEDGER_ID,
    )


def _within_its_amount() -> Rule:
    amount, remaining = HOLD_POSTING.c.amount, HOLD_POSTING.c.remaining
    within: ColumnElement[bool] = or_(
        and_(amount > _NOUGHT, remaining.between(_NOUGHT, amount)),
        and_(amount < _NOUGHT, remaining.between(amount, _NOUGHT)),
    )
    return rule(
        "hold_posting",
        "What is still held is not within what was asked for.",
        HOLD_POSTING,
        key_of(HOLD_POSTING),
        {"remaining": (told("within the amount"), exact(remaining))},
        HOLD_POSTING.c.ledger_id == LEDGER_ID,
        wrong=~within,
    )


CHECKS = (
    Check("pending_totals", BALANCE, (_pending(),)),
    Check("holds", HOLD, (_open_or_empty(), _of_a_known_state(), _even())),
    Check("hold_postings", HOLD_POSTING, (_of_its_hold(), _within_its_amount())),
)
