"""Reversals: each is the mirror of what it reverses, and came after it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal_column, or_, select, union_all

from myapp.ledger.core import LEDGER_ID, POSTING, TXN
from myapp.ledger.types import Int64
from myapp.ledger.verifying.records import unique_in
from myapp.ledger.verifying.rule import Check, Rule, rule, told
from myapp.ledger.verifying.spelling import exact, successor

_KIND = "reversal"
_ONE, _NOUGHT = (literal_column(text, Int64) for text in ("1", "0"))


def _legs(transaction: ColumnElement[Any], amount: ColumnElement[Any], *, own: bool) -> Select[Any]:
    own_leg, other_leg = (_ONE, _NOUGHT) if own else (_NOUGHT, _ONE)
    same = and_(POSTING.c.ledger_id == TXN.c.ledger_id, POSTING.c.txn_id == transaction)
    return (
        select(
            TXN.c.id,
            POSTING.c.account_id,
            POSTING.c.asset,
            amount.label("amount"),
            POSTING.c.version,
            own_leg.label("own"),
            other_leg.label("other"),
        )
        .join_from(TXN, POSTING, same)
        .where(TXN.c.ledger_id == LEDGER_ID, TXN.c.reverses.is_not(None))
    )


def _both() -> Any:
    amount = exact(POSTING.c.amount)
    mirrored = _legs(TXN.c.reverses, -amount, own=False)
    return union_all(_legs(TXN.c.id, amount, own=True), mirrored).subquery("legs")


def _mirrored() -> Rule:
    legs = _both()
    key = [legs.c[name] for name in ("id", "account_id", "asset", "amount")]
    counts = (
        select(
            *key,
            func.sum(legs.c.other, type_=Int64).label("opposite"),
            func.sum(legs.c.own, type_=Int64).label("postings"),
        )
        .group_by(*key)
        .subquery("counts")
    )
    return rule(
        "txn",
        "The reversal is not the opposite of what it reverses: it has not as many of these postings.",
        counts,
        {column.name: counts.c[column.name] for column in key},
        {"postings": (counts.c.opposite, counts.c.postings)},
    )


def _later() -> Rule:
    # By version, not by time: the clock may have been set back between the two.
    legs = _both()
    key = [legs.c[name] for name in ("id", "account_id", "asset")]
    versions = (
        select(
            *key,
            func.max(case((legs.c.other == _ONE, legs.c.version)), type_=Int64).label("reversed"),
            func.min(case((legs.c.own == _ONE, legs.c.version)), type_=Int64).label("version"),
        )
        .group_by(*key)
        .subquery("versions")
    )
    return rule(
        "txn",
        "The reversal was posted before what it reverses.",
        versions,
        {column.name: versions.c[column.name] for column in key},
        {"version": (successor(versions.c.reversed), versions.c.version)},
        wrong=versions.c.version < versions.c.reversed,
    )


def _is_one() -> Rule:
    kind, reverses = TXN.c.kind, TXN.c.reverses
    original = TXN.alias("original")
    same = and_(original.c.ledger_id == TXN.c.ledger_id, original.c.id == reverses)
    return rule(
        "txn",
        "The transaction is called a reversal and reverses none, or the other way round.",
        TXN.outerjoin(original, same),
        {"id": TXN.c.id},
        {
            "kind": (
                case((reverses.is_not(None), told(_KIND)), else_=told("a kind that reverses nothing")),
                kind,
            ),
            "reverses": (original.c.id, reverses),
        },
        TXN.c.ledger_id == LEDGER_ID,
        wrong=or_(
            and_(kind == told(_KIND), reverses.is_(None)),
            and_(reverses.is_not(None), or_(kind != told(_KIND), original.c.id.is_(None))),
        ),
    )


CHECKS = (Check("reversals", TXN, (_is_one(), unique_in(TXN, "reverses"), _mirrored(), _later())),)
