"""Captures: what they posted is what the hold no longer holds, or a part of it where the rest was let go."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    exists,
    literal_column,
    or_,
    select,
    union_all,
)

from myapp.ledger.core import LEDGER_ID, POSTING, TXN
from myapp.ledger.holds.held import HOLD, HOLD_POSTING
from myapp.ledger.holds.tables import HoldCapture
from myapp.ledger.tables import table_of
from myapp.ledger.types import Int64
from myapp.ledger.verifying.rule import Check, Rule, rule, told
from myapp.ledger.verifying.spelling import exact_sum
from myapp.ledger.verifying.tables import key_of

HOLD_CAPTURE = table_of(HoldCapture)
_NOUGHT = literal_column("0", Int64)
_KEY = ("id", "account_id", "asset", "side")


def _of_hold_and_transaction() -> Rule:
    hold = and_(HOLD.c.ledger_id == HOLD_CAPTURE.c.ledger_id, HOLD.c.id == HOLD_CAPTURE.c.hold_id)
    transaction = and_(TXN.c.ledger_id == HOLD_CAPTURE.c.ledger_id, TXN.c.id == HOLD_CAPTURE.c.txn_id)
    return rule(
        "hold_capture",
        "The hold or the transaction is not there.",
        HOLD_CAPTURE.outerjoin(HOLD, hold).outerjoin(TXN, transaction),
        key_of(HOLD_CAPTURE),
        {
            "hold_id": (HOLD.c.id, HOLD_CAPTURE.c.hold_id),
            "txn_id": (TXN.c.id, HOLD_CAPTURE.c.txn_id),
        },
        HOLD_CAPTURE.c.ledger_id == LEDGER_ID,
    )


def _side(amount: ColumnElement[int]) -> ColumnElement[str]:
    return case((amount > _NOUGHT, told("debit")), else_=told("credit")).label("side")


def _asked() -> Select[Any]:
    held = HOLD_POSTING.c
    return select(
        held.hold_id.label("id"),
        held.account_id,
        held.asset,
        _side(held.amount),
        held.amount,
        held.remaining,
        _NOUGHT.label("posted"),
    ).where(held.ledger_id == LEDGER_ID)


def _posted() -> Select[Any]:
    amount = POSTING.c.amount
    same = and_(POSTING.c.ledger_id == HOLD_CAPTURE.c.ledger_id, POSTING.c.txn_id == HOLD_CAPTURE.c.txn_id)
    return (
        select(
            HOLD_CAPTURE.c.hold_id.label("id"),
            POSTING.c.account_id,
            POSTING.c.asset,
            _side(amount),
            _NOUGHT.label("amount"),
            _NOUGHT.label("remaining"),
            amount.label("posted"),
        )
        .join_from(HOLD_CAPTURE, POSTING, same)
        .where(HOLD_CAPTURE.c.ledger_id == LEDGER_ID)
    )


def _sums() -> Subquery:
    both = union_all(_asked(), _posted()).subquery("both")
    key = [both.c[name] for name in _KEY]
    sums = (exact_sum(both.c[name]).label(name) for name in ("amount", "remaining", "posted"))
    return select(*key, *sums).group_by(*key).subquery("sums")


def _what_was_held() -> Rule:
    sums = _sums()
    gone, posted = sums.c.amount - sums.c.remaining, sums.c.posted
    # Whatever ends a hold lets go of what was not captured.
    more = or_(
        and_(sums.c.side == told("debit"), posted > gone), and_(sums.c.side == told("credit"), posted < gone)
    )
    its_hold = and_(HOLD.c.ledger_id == LEDGER_ID, HOLD.c.id == sums.c.id)
    return rule(
        "hold",
        "The captures posted more than the hold no longer holds, or less although it is open.",
        sums.join(HOLD, its_hold),
        {name: sums.c[name] for name in _KEY},
        {"captured": (gone, posted)},
        wrong=or_(more, and_(HOLD.c.status == told("open"), posted != gone)),
    )


def _by_a_transaction() -> Rule:
    captures = exists().where(
        HOLD_CAPTURE.c.ledger_id == HOLD.c.ledger_id, HOLD_CAPTURE.c.hold_id == HOLD.c.id
    )
    return rule(
        "hold",
        "The hold is captured, and no transaction captured it.",
        HOLD,
        key_of(HOLD),
        {"status": (told("not captured"), HOLD.c.status)},
        HOLD.c.ledger_id == LEDGER_ID,
        wrong=and_(HOLD.c.status == told("captured"), ~captures),
    )


CHECKS = (
    Check("hold_captures", HOLD_CAPTURE, (_of_hold_and_transaction(), _what_was_held(), _by_a_transaction())),
)
