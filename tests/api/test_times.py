"""Times as they are answered: UTC with `Z`, to the microsecond."""

from __future__ import annotations

import re

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, get, post, send_ok, transfer

ANSWERED = {
    "2026-01-05": "2026-01-05T00:00:00Z",
    "2026-01-05T09:00:00Z": "2026-01-05T09:00:00Z",
    "2026-01-05t09:00:00z": "2026-01-05T09:00:00Z",
    "2026-01-05T01:30:00+02:00": "2026-01-04T23:30:00Z",
    "2026-01-05T09:00:00-00:00": "2026-01-05T09:00:00Z",
    "2026-01-05T09:00:00.5Z": "2026-01-05T09:00:00.500000Z",
    "2026-01-05T09:00:00.000001Z": "2026-01-05T09:00:00.000001Z",
    "0001-01-01": "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z": "9999-12-31T23:59:59.999999Z",
    "2024-02-29": "2024-02-29T00:00:00Z",
}
RFC_3339_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


def test_an_effective_time_is_answered_in_utc(books: TestApp) -> None:
    for given, answered in ANSWERED.items():
        made = post(books, effective_at=given)
        assert made["effective_at"] == answered
        assert get(books, f"/transactions/{made['id']}")["effective_at"] == answered


@pytest.mark.parametrize("more", [{}, {"effective_at": None}])
def test_what_is_not_dated_takes_effect_when_it_comes(books: TestApp, more: dict[str, None]) -> None:
    made = send_ok(books, "POST", f"{LEDGER}/transactions", transfer(**more), 201)
    assert RFC_3339_UTC.fullmatch(made["effective_at"])
    assert made["effective_at"] <= made["recorded_at"]


def test_every_time_in_every_answer_is_utc(library: TestApp) -> None:
    ledger, asset, account = (get(library, url) for url in ("", "/assets", "/accounts"))
    transaction = get(library, "/transactions")["data"][0]
    times = [ledger["created_at"], asset["data"][0]["created_at"], account["data"][0]["created_at"]]
    times += [transaction["recorded_at"], transaction["effective_at"]]
    assert all(RFC_3339_UTC.fullmatch(time) for time in times)
