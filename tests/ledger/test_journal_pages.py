"""The journal's pages, in either order of time: together they are the journal, each transaction once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from myapp.db import SessionFactory, unit_of_work
from myapp.ledger import transactions
from myapp.ledger.books import open_book
from myapp.ledger.transactions import TransactionFilter
from tests.ledger.books import LEDGER, make_ledger, post, transfer

DAY = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize("order", ["recorded", "effective"])
def test_the_pages_together_are_the_journal_newest_first(factory: SessionFactory, order: str) -> None:
    make_ledger(factory)
    # Two on each day, so that a page ends between transactions of one instant; the later ones backdated.
    for number in range(9):
        draft = transfer("assets:a", "assets:b", "1", effective_at=DAY - timedelta(days=number // 2))
        post(factory, draft)
    seen = []
    after = None
    with unit_of_work(factory) as session:
        book = open_book(session, LEDGER)
        for _ in range(5):
            page = transactions.listed(session, book, TransactionFilter(order=order), limit=2, after=after)
            seen += page.items
            after = page.next_key
    assert after is None
    keys = [(view.effective_at if order == "effective" else view.recorded_at, view.id) for view in seen]
    assert keys == sorted(keys, reverse=True)
    assert len(set(keys)) == 9
