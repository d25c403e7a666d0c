"""A balance that would leave 64 bits is refused on both databases, and nothing of it is kept."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from myapp.db import SessionFactory, unit_of_work
from myapp.ledger.drafts import TransactionDraft
from myapp.ledger.errors import AmountOutOfRange
from myapp.ledger.money import MINOR_MAX
from myapp.ledger.tables import Account, Balance, BalanceDay, BalanceMonth, Posting, Transaction
from tests.ledger.books import balance_rows, make_ledger, post, transfer

MOST = str(MINOR_MAX)


def counts(factory: SessionFactory) -> list[int]:
    with unit_of_work(factory) as session:
        tables = (Account, Balance, Transaction, Posting, BalanceDay, BalanceMonth)
        return [session.scalars(select(func.count()).select_from(table)).one() for table in tables]


def test_the_largest_amount_is_kept_exactly(factory: SessionFactory) -> None:
    make_ledger(factory, JPY=0)
    post(factory, transfer("assets:a", "assets:b", MOST, "JPY"))
    with unit_of_work(factory) as session:
        rows = balance_rows(session)
    assert (rows["assets:a", "JPY"]["credits"], rows["assets:b", "JPY"]["debits"]) == (MINOR_MAX, MINOR_MAX)


@pytest.mark.parametrize(
    "draft",
    [
        transfer("assets:a", "assets:c", "1", "JPY"),
        transfer("assets:d", "assets:b", "1", "JPY"),
        # The balance would come back to zero; its total of debits or credits would not.
        transfer("assets:a", "assets:a", "1", "JPY"),
    ],
)
def test_a_total_beyond_64_bits_is_refused_and_leaves_nothing(
    factory: SessionFactory, draft: TransactionDraft
) -> None:
    make_ledger(factory, JPY=0)
    post(factory, transfer("assets:a", "assets:b", MOST, "JPY"))
    before = counts(factory)
    with pytest.raises(AmountOutOfRange):
        post(factory, draft)
    assert counts(factory) == before


def test_a_refused_first_posting_opens_no_account(factory: SessionFactory) -> None:
    make_ledger(factory, JPY=0)
    before = counts(factory)
    legs = (
        transfer("assets:a", "assets:b", MOST, "JPY").postings
        + transfer("assets:a", "assets:b", "1", "JPY").postings
    )
    with pytest.raises(AmountOutOfRange):
        post(factory, TransactionDraft(legs))
    assert counts(factory) == before


def test_the_largest_amount_may_come_back(factory: SessionFactory) -> None:
    make_ledger(factory, JPY=0)
    post(factory, transfer("assets:a", "assets:b", MOST, "JPY"))
    post(factory, transfer("assets:b", "assets:a", MOST, "JPY"))
    with unit_of_work(factory) as session:
        rows = balance_rows(session)
    assert {row["debits"] - row["credits"] for row in rows.values()} == {0}
