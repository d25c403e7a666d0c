"""Keyset pages: walked to their end, they show every row once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from myapp.ledger.paging import page_of


@given(st.sets(st.integers()), st.integers(1, 10))
def test_the_pages_together_are_the_list(rows: set[int], limit: int) -> None:
    ordered = sorted(rows)
    seen: list[int] = []
    after: tuple[int, ...] | None = None
    while True:
        rest = [row for row in ordered if after is None or (row,) > after]
        page = page_of(rest[: limit + 1], limit, lambda row: (row,))
        seen += page.items
        after = page.next_key
        if after is None:
            break
        assert len(page.items) == limit
    assert seen == ordered


def test_a_page_that_is_just_full_has_no_next_one() -> None:
    assert page_of([1, 2], 2, lambda row: (row,)).next_key is None


def test_no_rows_are_one_empty_page() -> None:
    page = page_of([], 2, lambda row: (row,))
    assert (list(page.items), page.next_key) == ([], None)
