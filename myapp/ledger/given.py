"""The rows of a plan, as a write is given them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from myapp.ledger.inputs import BALANCES, DAYS, KEYS, MONTHS, POSTINGS, TRANSACTIONS
from myapp.ledger.outcomes import Claim
from myapp.ledger.plan import BalanceDelta, PeriodDelta, Plan, Reached
from myapp.ledger.sources import Source
from myapp.ledger.types import dump_document


def balance_rows(deltas: Iterable[BalanceDelta]) -> list[tuple[Any, ...]]:
    """Return the rows of `BALANCES` for what a write does to balances."""
    return [
        (
            each.number,
            each.account,
            each.asset,
            each.debits,
            each.credits,
            each.postings,
            each.lowest,
            each.highest,
        )
        for each in deltas
    ]


def rows_of(plan: Plan, claims: tuple[Claim, ...]) -> dict[Source, list[tuple[Any, ...]]]:
    """Return the rows of each source for a plan and the keys that it claims."""
    return {
        BALANCES: balance_rows(plan.balances),
        TRANSACTIONS: [
            (
                number,
                each.id,
                each.kind,
                each.description,
                each.reference,
                each.effective_at,
                each.recorded_at,
                each.actor,
                dump_document(each.metadata),
                each.reverses,
            )
            for number, each in enumerate(plan.entries)
        ],
        POSTINGS: [
            (
                each.balance.number,
                each.entry_number,
                each.position,
                each.amount,
                each.later,
                each.remaining_debits,
                each.remaining_credits,
                *_reached(each.day),
                *_reached(each.month),
            )
            for each in plan.postings
        ],
        DAYS: _totals_rows(plan.days),
        MONTHS: _totals_rows(plan.months),
        KEYS: [(each.key, each.fingerprint, each.status, each.txn_id) for each in claims],
    }


def _reached(reached: Reached) -> tuple[int, int, int]:
    return reached.delta.period, reached.later_debits, reached.later_credits


def _totals_rows(deltas: Iterable[PeriodDelta]) -> list[tuple[Any, ...]]:
    return [
        (each.balance.number, each.period, each.debits, each.credits, each.after_first, each.after_last)
        for each in deltas
    ]
