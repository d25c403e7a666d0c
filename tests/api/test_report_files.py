"""Reports as CSV: chosen by Accept, equal to the JSON, read back by any reader of RFC 4180 without a loss."""

from __future__ import annotations

import csv
import io
import random
from collections import defaultdict
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from webtest import TestApp, TestResponse

from myapp.api.route import Route
from myapp.api.routes import ROUTES
from tests.api.client import LEDGER, get, name, post, refused, send, send_ok
from tests.api.random_journal import Journal, random_time, text_of

Rows = list[dict[str, str]]
REPORTS = ["trial-balance", "balance-sheet", "income-statement"]
HEADER = "section,account,asset,amount\r\n"
every_report = pytest.mark.parametrize("report", REPORTS)
AS_CSV = {"Accept": "text/csv"}


def ask(app: TestApp, report: str, accept: str | None, query: str = "") -> TestResponse:
    headers = {} if accept is None else {"Accept": accept}
    return send(app, "GET", f"{LEDGER}/reports/{report}{query}", headers=headers)


def rows_of(answer: TestResponse) -> Rows:
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = answer.body.decode("utf-8")
    assert text.startswith(HEADER)
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def flat(report: dict[str, Any]) -> Rows:
    """Return what the file of a report must say."""
    if "sections" not in report:
        parts = [(each["type"], [each]) for each in report["data"]]
    else:
        parts = [(each["type"], each["data"]) for each in report["sections"]]
    amounts = [
        (section, line["account"], asset, signed(amount))
        for section, data in parts
        for line in data
        for asset, amount in line["balances"].items()
    ]
    amounts += [("net_income", "", *each) for each in report.get("net_income", {}).items()]
    return [dict(zip(HEADER.strip().split(","), each, strict=True)) for each in amounts]


def signed(amount: Any) -> str:
    if isinstance(amount, str):
        return amount
    return f"-{amount['credit']}" if Decimal(amount["credit"]) else str(amount["debit"])


@every_report
def test_the_file_says_what_the_json_says(
    asked: tuple[TestApp, Journal], chance: random.Random, report: str
) -> None:
    app, _ = asked
    for _ in range(10):
        last = "to" if report == "income-statement" else "at"
        query = chance.choice(["", f"?{last}={text_of(random_time(chance))}", "?known_at=2026-01-20"])
        plain = get(app, f"/reports/{report}{query}")
        assert rows_of(ask(app, report, "text/csv", query)) == flat(plain)


def test_a_trial_balance_sums_to_zero_in_every_asset(asked: tuple[TestApp, Journal]) -> None:
    app, journal = asked
    sums: dict[str, Decimal] = defaultdict(Decimal)
    rows = rows_of(ask(app, "trial-balance", "text/csv"))
    for row in rows:
        sums[row["asset"]] += Decimal(row["amount"])
    assert set(map(abs, sums.values())) == {Decimal()}
    assert {row["section"] for row in rows} == {each.type for each in journal.accounts.values()}


def test_an_empty_report_is_a_file_with_a_header(books: TestApp) -> None:
    for report in REPORTS:
        assert ask(books, report, "text/csv").body.decode() == HEADER


# Names that need quotes, and names that a spreadsheet would take for a formula, or for a date or a number.
NAMES = [
    'assets:a "big" one',
    "assets:one, two",
    "assets:'quoted'",
    "assets: padded",
    "=1+1:x",
    '=HYPERLINK("x","y"):z',
    "+1:x",
    "-1:x",
    "@SUM(A1):x",
    "assets:银行",
    "2026-01-05",
]


def test_every_account_keeps_its_name(books: TestApp) -> None:
    for path in NAMES:
        send_ok(books, "POST", f"{LEDGER}/accounts", {"path": path, "type": "asset"}, 201)
        post(books, path, "equity:opening", "1.00")
    rows = rows_of(ask(books, "balance-sheet", "text/csv"))
    assert [row["account"] for row in rows if row["section"] == "asset"] == sorted(NAMES)
    # The names of the columns are written bare, and so is what needs no quotes.
    assert b'\r\nasset,"assets:a ""big"" one",USD,1.00\r\n' in ask(books, "balance-sheet", "text/csv").body


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/csv", "text/csv"),
        ("Text/CSV", "text/csv"),
        ("text/csv; charset=utf-8", "text/csv"),
        ("application/json; charset=UTF-8, text/csv;q=0.5", "application/json"),
        ("text/*", "text/csv"),
        ("text/csv;q=0.5, application/json", "application/json"),
        ("text/csv, application/json;q=0.5", "text/csv"),
        ("text/csv, */*;q=0.1", "text/csv"),
        ("text/csv;q=0, */*", "application/json"),
        ("application/json;q=0, */*", "text/csv"),
        ("application/problem+json, text/csv;q=0.1", "text/csv"),
        ("application/problem+json", "application/json"),
    ],
)
def test_the_client_chooses_the_media_type(library: TestApp, accept: str | None, chosen: str) -> None:
    answer = ask(library, "trial-balance", accept)
    assert (answer.status_int, answer.content_type) == (200, chosen)
    assert answer.headers["Vary"] == "Accept"


@pytest.mark.parametrize("accept", ["text/html", "text/csv;q=0", "image/*", "text/csv; charset=latin-1"])
@every_report
def test_a_client_that_takes_neither_is_refused(library: TestApp, report: str, accept: str) -> None:
    refusal = refused(ask(library, report, accept), "not_acceptable")
    assert "application/json or text/csv" in refusal["detail"]


@pytest.mark.parametrize("route", [route for route in ROUTES if "text/csv" not in route.offered], ids=name)
def test_what_has_no_table_is_not_answered_as_one(library: TestApp, route: Route) -> None:
    url = route.path.replace("{ledger}", "books").replace("{path:.*}", "assets:cash")
    refused(send(library, route.method, quote(url, safe="/:"), {}, headers=AS_CSV), "not_acceptable")


def test_every_report_can_be_a_table() -> None:
    assert {route.path.rpartition("/")[2] for route in ROUTES if route.also_as == ("text/csv",)} == set(
        REPORTS
    )


@every_report
def test_a_refusal_is_a_problem_whatever_was_asked_for(library: TestApp, report: str) -> None:
    refused(ask(library, report, "text/csv", "?known_at=never"), "invalid_parameter")
    refused(ask(library, report, "text/csv", "?format=csv"), "invalid_parameter")
    url = f"/v1/ledgers/none/reports/{report}"
    refused(send(library, "GET", url, headers=AS_CSV), "ledger_not_found")
    refused(send(library, "POST", url, {}, headers=AS_CSV), "method_not_allowed")


@pytest.mark.parametrize(
    ("query", "file_name"),
    [
        ("trial-balance", "books-trial-balance"),
        ("balance-sheet?at=2026-01-31&known_at=2026-02-05", "books-balance-sheet-2026-01-31"),
        ("income-statement?from=2026-01-01&to=2026-01-31", "books-income-statement-2026-01-01-2026-01-31"),
        ("income-statement?to=0001-01-01T00:00:00Z", "books-income-statement-0001-01-01"),
    ],
)
def test_a_file_is_named_after_what_it_says(library: TestApp, query: str, file_name: str) -> None:
    answer = send(library, "GET", f"{LEDGER}/reports/{query}", headers=AS_CSV)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{file_name}.csv"'
    assert "Content-Disposition" not in send(library, "GET", f"{LEDGER}/reports/{query}").headers


@every_report
def test_head_tells_the_length_of_the_file(library: TestApp, report: str) -> None:
    url = f"{LEDGER}/reports/{report}"
    head, full = (send(library, method, url, headers=AS_CSV) for method in ("HEAD", "GET"))
    assert (head.body, head.content_type) == (b"", "text/csv")
    assert head.headers["Content-Length"] == str(len(full.body))
