"""Identifiers that sort by the time they were made."""

from __future__ import annotations

from uuid import RFC_4122

import pytest

from myapp.ledger import ids

MILLISECOND_NS = 1_000_000


def at(monkeypatch: pytest.MonkeyPatch, time_ns: int) -> int:
    """Return the id made at this time, as a number."""
    monkeypatch.setattr(ids.time, "time_ns", lambda: time_ns)
    return ids.new_id().int


def test_an_id_is_a_uuid_of_version_7() -> None:
    made = ids.new_id()
    assert (made.version, made.variant) == (7, RFC_4122)


def test_the_first_48_bits_are_the_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert at(monkeypatch, 123_456_789 * MILLISECOND_NS + 999_999) >> 80 == 123_456_789


@pytest.mark.parametrize("start_ns", [0, 999_000, 123 * MILLISECOND_NS, 1_999 * MILLISECOND_NS + 999_500])
def test_ids_sort_by_their_time_within_a_millisecond_and_across_it(
    start_ns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 12 bits divide a millisecond into steps of 244 ns.
    made = [at(monkeypatch, start_ns + step * 245) for step in range(10_000)]
    assert made == sorted(made)


def test_ids_made_at_the_same_instant_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len({at(monkeypatch, MILLISECOND_NS) for _ in range(10_000)}) == 10_000


def test_the_text_sorts_as_the_number_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids.time, "time_ns", iter(range(0, 10**15, 10**12)).__next__)
    made = [ids.new_id() for _ in range(1_000)]
    assert [str(each) for each in made] == sorted(str(each) for each in made)
