import random
from datetime import UTC, datetime

import pytest

from myapp.interchange.beancount import read
from myapp.interchange.demo import demo_journal
from myapp.interchange.journal import ReadOptions
from tests.interchange.generated import generated

pytest.importorskip("beancount", reason="beancount is an optional extra")


def test_the_same_seed_gives_the_same_bytes_and_leaves_the_process_own_random_numbers_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = generated(1).journal
    # Python's strings have other hashes then.
    monkeypatch.setenv("PYTHONHASHSEED", "3")
    state = random.getstate()

    assert demo_journal() == first
    assert random.getstate() == state


def test_another_seed_gives_another_journal() -> None:
    assert generated(2).journal != generated(1).journal


def test_the_books_span_three_years_and_end_with_2025() -> None:
    days = [record.effective_at for record in read(generated(1).journal, ReadOptions()).records]

    assert len(days) > 900
    assert min(days) == datetime(2023, 1, 1, tzinfo=UTC)
    assert datetime(2025, 12, 15, tzinfo=UTC) < max(days) <= datetime(2025, 12, 31, tzinfo=UTC)
