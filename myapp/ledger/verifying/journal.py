"""The journal: transactions that balance, postings without gaps, running sums without breaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, cast, func, literal_column, select

from myapp.ledger.core import LEDGER_ID, POSTING, TXN
from myapp.ledger.types import Int64
from myapp.ledger.verifying.rule import Check, Rule, rule, told
from myapp.ledger.verifying.spelling import Exact, Whole, day_of, exact, exact_sum, month_of, successor

ZERO = literal_column("0", Exact())
_NONE = literal_column("0", Int64)
_OWN = POSTING.c.ledger_id == LEDGER_ID
POSTING_KEY = ("account_id", "asset", "version", "txn_id")


def _balanced() -> Rule:
    sums = (
        select(POSTING.c.txn_id, POSTING.c.asset, exact_sum(POSTING.c.amount).label("sum"))
        .where(_OWN)
        .group_by(POSTING.c.txn_id, POSTING.c.asset)
        .subquery("sums")
    )
    return rule(
        "txn",
        "The postings of the transaction do not sum to zero.",
        sums,
        {"id": sums.c.txn_id, "asset": sums.c.asset},
        {"sum": (ZERO, sums.c.sum)},
        wrong=sums.c.sum != ZERO,
    )


def _at_least_two() -> Rule:
    counts = (
        select(POSTING.c.txn_id, func.count(type_=Int64).label("postings"))
        .where(_OWN)
        .group_by(POSTING.c.txn_id)
        .subquery("counts")
    )
    found = func.coalesce(counts.c.postings, _NONE)
    return rule(
        "txn",
        "The transaction has fewer than two postings.",
        TXN.outerjoin(counts, counts.c.txn_id == TXN.c.id),
        {"id": TXN.c.id},
        {"postings": (told("at least 2"), found)},
        TXN.c.ledger_id == LEDGER_ID,
        wrong=found < literal_column("2", Int64),
    )


def _not_zero() -> Rule:
    return rule(
        "posting",
        "The posting's amount is zero.",
        POSTING,
        {name: POSTING.c[name] for name in POSTING_KEY},
        {"amount": (told("not zero"), exact(POSTING.c.amount))},
        _OWN,
        wrong=POSTING.c.amount == _NONE,
    )


def _in_place() -> Rule:
    number = func.row_number().over(partition_by=POSTING.c.txn_id, order_by=POSTING.c.position)
    places = select(
        *(POSTING.c[name] for name in POSTING_KEY), POSTING.c.position, number.label("number")
    ).where(_OWN)
    rows = places.subquery("places")
    return rule(
        "posting",
        "The positions of the transaction's postings do not count from 0 without a gap.",
        rows,
        {name: rows.c[name] for name in POSTING_KEY},
        {"position": (rows.c.number - literal_column("1", Int64), rows.c.position)},
    )


def _chain(of: tuple[str, ...], kept: tuple[str, ...], *more: str) -> Subquery:
    """Select the postings with what was kept just before, of those that have the columns `of` in common."""

    def before(name: str) -> ColumnElement[int]:
        previous = func.lag(POSTING.c[name]).over(
            partition_by=[POSTING.c[each] for each in of], order_by=POSTING.c.version
        )
        return func.coalesce(previous, _NONE).label(f"{name}_before")

    columns = dict.fromkeys((*POSTING_KEY, "amount", *of, *kept, *more))
    rows = select(*(POSTING.c[name] for name in columns), *(before(name) for name in kept))
    return rows.where(_OWN).subquery("chain")


def _chained() -> Rule:
    # Along the primary key, so that no database has to sort the journal.
    rows = _chain(("account_id", "asset"), ("version", "balance", "debits"))
    amount = exact(rows.c.amount)
    balance = exact(rows.c.balance_before) + amount
    debits = exact(rows.c.debits_before) + case((amount > ZERO, amount), else_=ZERO)
    return rule(
        "posting",
        "The posting does not continue the one before it: its version or what it left behind is wrong.",
        rows,
        {name: rows.c[name] for name in POSTING_KEY},
        {
            "version": (successor(rows.c.version_before), cast(rows.c.version, Whole())),
            "balance": (balance, exact(rows.c.balance)),
            "debits": (debits, exact(rows.c.debits)),
        },
    )


def _totals_of_its(period: str, computed: Callable[[Any], ColumnElement[int]]) -> Rule:
    # By the day or the month that the posting says, so that there is an index along which to go.
    on_debit, on_credit = f"{period}_debits", f"{period}_credits"
    rows = _chain(("account_id", "asset", period), (on_debit, on_credit), "effective_at")
    amount = exact(rows.c.amount)
    debits = exact(rows.c[f"{on_debit}_before"]) + case((amount > ZERO, amount), else_=ZERO)
    credits_ = exact(rows.c[f"{on_credit}_before"]) - case((amount < ZERO, amount), else_=ZERO)
    return rule(
        "posting",
        f"The posting is not of its effective {period}, or does not continue the totals of that {period}.",
        rows,
        {name: rows.c[name] for name in POSTING_KEY},
        {
            period: (computed(rows.c.effective_at), rows.c[period]),
            on_debit: (debits, exact(rows.c[on_debit])),
            on_credit: (credits_, exact(rows.c[on_credit])),
        },
    )


def _of_its_transaction() -> Rule:
    same = and_(TXN.c.ledger_id == POSTING.c.ledger_id, TXN.c.id == POSTING.c.txn_id)
    copied = ("effective_at", "recorded_at")
    return rule(
        "posting",
        "The posting's transaction is not there, or has other times.",
        POSTING.outerjoin(TXN, same),
        {name: POSTING.c[name] for name in POSTING_KEY},
        {
            "txn_id": (TXN.c.id, POSTING.c.txn_id),
            **{name: (TXN.c[name], POSTING.c[name]) for name in copied},
        },
        _OWN,
    )


CHECKS = (
    Check("zero_sum", TXN, (_balanced(),)),
    Check("postings", POSTING, (_at_least_two(), _not_zero(), _in_place(), _of_its_transaction())),
    Check(
        "running_balances",
        POSTING,
        (_chained(), _totals_of_its("day", day_of), _totals_of_its("month", month_of)),
    ),
)
