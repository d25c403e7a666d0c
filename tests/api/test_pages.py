"""Cursors: a list read in pages is the list; a cursor that is not its own is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, all_pages, get, refused, send, send_ok

LISTS = [
    "/v1/ledgers",
    *(f"{LEDGER}/{name}" for name in ("assets", "accounts", "transactions", "balances", "holds")),
]
LISTS += [
    f"{LEDGER}/accounts?prefix=assets",
    f"{LEDGER}/balances?depth=1",
    f"{LEDGER}/balances?at=9999-12-31",
    f"{LEDGER}/holds?status=open&account=assets:bank",
]


@pytest.mark.parametrize("limit", [1, 2])
@pytest.mark.parametrize("url", LISTS)
def test_a_list_read_in_pages_is_the_list(library: TestApp, url: str, limit: int) -> None:
    whole = send_ok(library, "GET", url)
    assert whole["next"] is None
    assert len(whole["data"]) > 1
    assert all_pages(library, url, limit) == whole["data"]


def cursor(app: TestApp, url: str) -> str:
    separator = "&" if "?" in url else "?"
    return str(send_ok(app, "GET", f"{url}{separator}limit=1")["next"])


def forged(given: str, *key: Any) -> str:
    question = json.loads(base64.urlsafe_b64decode(given + "==="))[0]
    return base64.urlsafe_b64encode(json.dumps([question, *key]).encode()).decode().rstrip("=")


@pytest.mark.parametrize("value", ["", "x", "%00", "e30", "W10", "bnVsbA", "%C3%A9", "W" * 5_000, "WyJhIl0"])
@pytest.mark.parametrize("url", LISTS[:6])
def test_what_is_no_cursor_is_refused(library: TestApp, url: str, value: str) -> None:
    answer = send(library, "GET", f"{url}?cursor={value}")
    refused(answer, "invalid_parameter" if value == "%00" else "invalid_cursor")


WORDS: list[tuple[Any, ...]] = [("\0",), (5,), (None,), ("a", "b"), (), (["a"],)]
TIMES: list[tuple[Any, ...]] = [(1, 5), (1, "x"), (1, "\0"), ("x", "y"), (10**30, "x"), (1,), (1.5, "x")]


@pytest.mark.parametrize("key", WORDS, ids=repr)
@pytest.mark.parametrize("url", [LISTS[0], *LISTS[1:3], LISTS[4]])
def test_a_forged_cursor_of_names_is_refused(library: TestApp, url: str, key: tuple[Any, ...]) -> None:
    url = f"{url}?limit=1&cursor={forged(cursor(library, url), *key)}"
    refused(send(library, "GET", url), "invalid_cursor")


@pytest.mark.parametrize("key", TIMES, ids=repr)
@pytest.mark.parametrize("list_", ["transactions", "holds"])
def test_a_forged_cursor_of_times_is_refused(library: TestApp, list_: str, key: tuple[Any, ...]) -> None:
    url = f"{LEDGER}/{list_}"
    answer = send(library, "GET", f"{url}?limit=1&cursor={forged(cursor(library, url), *key)}")
    refused(answer, "invalid_cursor")


@pytest.mark.parametrize("moment", [-(10**17), 10**18, 2**62])
def test_a_forged_time_outside_the_calendar_is_refused(library: TestApp, moment: int) -> None:
    url = f"{LEDGER}/transactions"
    own = json.loads(base64.urlsafe_b64decode(cursor(library, url) + "==="))
    answer = send(library, "GET", f"{url}?cursor={forged(cursor(library, url), moment, own[2])}")
    refused(answer, "invalid_cursor")


OTHERS = [
    ("/accounts", "/accounts?prefix=a"),
    ("/accounts", "/assets"),
    ("/accounts?type=asset", "/accounts"),
    ("/transactions", "/transactions?order=effective"),
    ("/transactions?q=", "/transactions?q=x"),
    ("/balances", "/balances?depth=1"),
    ("/balances?at=2026-01-01T00:00:00Z", "/balances?at=2026-01-02T00:00:00Z"),
    ("/accounts", "/transactions"),
    ("/transactions", "/holds"),
    ("/holds", "/holds?status=open"),
]


@pytest.mark.parametrize(("given", "asked"), OTHERS)
def test_a_cursor_of_another_list_or_filter_is_refused(library: TestApp, given: str, asked: str) -> None:
    if given.startswith("/balances?at"):
        own = forged(cursor(library, f"{LEDGER}/balances"), "assets:bank")
    else:
        own = cursor(library, LEDGER + given)
    url = f"{LEDGER}{asked}{'&' if '?' in asked else '?'}cursor={own}"
    refused(send(library, "GET", url), "invalid_cursor")


def test_a_cursor_of_another_ledger_is_refused(library: TestApp) -> None:
    own = cursor(library, f"{LEDGER}/assets")
    refused(send(library, "GET", f"/v1/ledgers/strict/assets?cursor={own}"), "invalid_cursor")


def test_the_limit_may_change_from_page_to_page(library: TestApp) -> None:
    own = cursor(library, f"{LEDGER}/accounts")
    rest = get(library, f"/accounts?limit=500&cursor={own}")["data"]
    assert rest == get(library, "/accounts")["data"][1:]
