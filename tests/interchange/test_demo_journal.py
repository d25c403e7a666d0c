import random
from datetime import UTC, datetime

import pytest

from myapp.interchange.beancount import read
from myapp.interchange.demo import demo_journal
from myapp.interchange.journal import ReadOptions

pytest.importorskip("beancount", reason="beancount is an optional extra")


@pytest.mark.parametrize("hash_seed", ["0", "1", "random"])
def test_the_same_seed_gives_the_same_bytes(hash_seed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = demo_journal(seed=1)
    monkeypatch.setenv("PYTHONHASHSEED", hash_seed)

    assert demo_journal(seed=1) == first


def test_another_seed_gives_another_journal() -> None:
    assert demo_journal(seed=2) != demo_journal()


def test_the_books_span_three_years_and_end_with_2025() -> None:
    days = [record.effective_at for record in read(demo_journal(), ReadOptions()).records]

    assert len(days) > 900
    assert min(days) == datetime(2023, 1, 1, tzinfo=UTC)
    assert datetime(2025, 12, 15, tzinfo=UTC) < max(days) <= datetime(2025, 12, 31, tzinfo=UTC)


def test_the_process_own_random_numbers_are_left_alone() -> None:
    state = random.getstate()
    demo_journal()

    assert random.getstate() == state
