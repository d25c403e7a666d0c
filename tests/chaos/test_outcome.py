"""A run passes when it reached its counts without a breach, and its numbers stand in the table."""

from __future__ import annotations

from tests.chaos.outcome import Outcome, table
from tests.chaos.records import Order, Record, Request, Verdict


def test_a_breach_or_a_short_count_fails_the_run() -> None:
    assert Outcome("bank", "sqlite", 1.0, Record()).passed
    assert not Outcome("bank", "sqlite", 1.0, Record(), breaches=["lost: one"]).passed
    assert not Outcome("bank", "sqlite", 1.0, Record(), short=("kills: 1 of 15",)).passed


def test_the_table_shows_what_was_done() -> None:
    asked: list[Request] = [
        Order("a", (), verdict=Verdict.KEPT, attempts=3),
        Order("b", (), verdict=Verdict.NOTHING, attempts=1),
    ]
    record = Record(asked, reads=7)
    record.acknowledged["transfers"] += 1
    names, numbers = table([Outcome("bank", "sqlite", 1.0, record, server_kills=2)]).splitlines()
    assert names.split()[:4] == ["run", "database", "seconds", "acknowledged"]
    assert numbers.split()[:8] == ["bank", "sqlite", "1", "1", "1", "0", "0", "0"]
    assert "2+0" in numbers.split()
