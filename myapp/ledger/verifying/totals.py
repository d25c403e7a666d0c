"""What is kept beside the journal: balances, totals of days and months, held against sums of the postings."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Label,
    Select,
    Subquery,
    Table,
    and_,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    union_all,
)

from myapp.ledger.core import ACCOUNT, ASSET, BALANCE, BALANCE_DAY, BALANCE_MONTH, LEDGER_ID, POSTING
from myapp.ledger.types import Int64
from myapp.ledger.verifying.journal import ZERO
from myapp.ledger.verifying.rule import Check, Rule, rule, told
from myapp.ledger.verifying.spelling import Exact, day_of, exact, exact_sum, month_of

_NOUGHT = literal_column("0", Int64)
_ABSENT = cast(null(), Int64)
_KEY = ("account_id", "asset")
_STORED = ("debits", "credits")
_VERSIONS = ("first_version", "version")
_DAY = day_of(POSTING.c.effective_at).label("day")
_MONTH = month_of(POSTING.c.effective_at).label("month")


def _side(condition: ColumnElement[bool], name: str) -> ColumnElement[Any]:
    # A credit keeps its sign until it is summed: the lowest number of all has no opposite.
    return case((condition, POSTING.c.amount), else_=_NOUGHT).label(name)


def _of_postings(*more: ColumnElement[Any]) -> Select[Any]:
    return select(
        *(POSTING.c[name] for name in _KEY),
        *more,
        _side(POSTING.c.amount > _NOUGHT, "posted"),
        _side(POSTING.c.amount < _NOUGHT, "drawn"),
        literal_column("1", Int64).label("postings"),
        POSTING.c.version.label("posted_version"),
        *(_ABSENT.label(name) for name in (*_STORED, *_VERSIONS)),
    ).where(POSTING.c.ledger_id == LEDGER_ID)


def _as_stored(table: Table, *more: str) -> Select[Any]:
    return select(
        *(table.c[name] for name in (*_KEY, *more)),
        *(_ABSENT.label(name) for name in ("posted", "drawn")),
        _NOUGHT.label("postings"),
        _ABSENT.label("posted_version"),
        *(table.c[name] for name in _STORED),
        # A balance has no first version: it is always 1.
        *(table.c[name] if name in table.c else _ABSENT.label(name) for name in _VERSIONS),
    ).where(table.c.ledger_id == LEDGER_ID)


def _side_by_side(computed: Select[Any], stored: Select[Any], *key: str) -> Subquery:
    # Grouped together, a row that is missing on either side shows as well as one that differs.
    both = union_all(computed, stored).subquery("both")
    return (
        select(
            *(both.c[name] for name in key),
            exact_sum(both.c.posted).label("debits_of_postings"),
            (-exact_sum(both.c.drawn)).label("credits_of_postings"),
            func.sum(both.c.postings, type_=Int64).label("postings"),
            func.min(both.c.posted_version, type_=Int64).label("first_posted"),
            func.max(both.c.posted_version, type_=Int64).label("last_posted"),
            *(func.max(exact(both.c[name]), type_=Exact()).label(name) for name in _STORED),
            *(func.max(both.c[name], type_=Int64).label(name) for name in _VERSIONS),
        )
        .group_by(*(both.c[name] for name in key))
        .subquery("sums")
    )


def _balance_rows() -> Rule:
    rows = _side_by_side(_of_postings(), _as_stored(BALANCE), *_KEY)
    # A balance with limits is there before its first posting.
    sums = {name: func.coalesce(rows.c[f"{name}_of_postings"], ZERO) for name in _STORED}
    return rule(
        "balance",
        "The balance row is not what its postings add up to.",
        rows,
        {name: rows.c[name] for name in _KEY},
        {
            **{name: (sums[name], rows.c[name]) for name in _STORED},
            "version": (rows.c.postings, rows.c.version),
        },
    )


def _rows_of_each(period: Label[int], table: Table) -> Rule:
    key = (*_KEY, period.name)
    rows = _side_by_side(_of_postings(period), _as_stored(table, period.name), *key)
    return rule(
        table.name,
        f"The {period.name}'s totals are not what its postings add up to.",
        rows,
        {name: rows.c[name] for name in key},
        {
            **{name: (rows.c[f"{name}_of_postings"], rows.c[name]) for name in _STORED},
            "first_version": (rows.c.first_posted, rows.c.first_version),
            "version": (rows.c.last_posted, rows.c.version),
        },
    )


def _of_its_account() -> Rule:
    account = and_(ACCOUNT.c.ledger_id == BALANCE.c.ledger_id, ACCOUNT.c.id == BALANCE.c.account_id)
    asset = and_(ASSET.c.ledger_id == BALANCE.c.ledger_id, ASSET.c.code == BALANCE.c.asset)
    return rule(
        "balance",
        "The balance's account or asset is not there, or the account has another status.",
        BALANCE.outerjoin(ACCOUNT, account).outerjoin(ASSET, asset),
        {name: BALANCE.c[name] for name in _KEY},
        {
            "account_id": (ACCOUNT.c.id, BALANCE.c.account_id),
            "asset": (ASSET.c.code, BALANCE.c.asset),
            "status": (ACCOUNT.c.status, BALANCE.c.status),
        },
        BALANCE.c.ledger_id == LEDGER_ID,
    )


def _limits() -> Rule:
    return rule(
        "balance",
        "No amount is within the limits.",
        BALANCE,
        {name: BALANCE.c[name] for name in _KEY},
        {
            "lowest": (told("at most the highest"), exact(BALANCE.c.lowest)),
            "highest": (told("at least the lowest"), exact(BALANCE.c.highest)),
        },
        BALANCE.c.ledger_id == LEDGER_ID,
        wrong=BALANCE.c.lowest > BALANCE.c.highest,
    )


CHECKS = (
    Check("balances", BALANCE, (_balance_rows(), _of_its_account(), _limits())),
    Check("balance_days", BALANCE_DAY, (_rows_of_each(_DAY, BALANCE_DAY),)),
    Check("balance_months", BALANCE_MONTH, (_rows_of_each(_MONTH, BALANCE_MONTH),)),
)
