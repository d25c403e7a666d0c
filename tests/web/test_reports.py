"""The pages of the reports: the figures of the API, beside those of an earlier time, and as a file."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from webtest import TestResponse

from tests.api.client import post, send, send_ok
from tests.web.conftest import BOOKS, Site, fill_two_years

Rows = dict[str, list[str]]
REPORTS = ["balance-sheet", "income-statement", "trial-balance"]
every_report = pytest.mark.parametrize("report", REPORTS)
API = "/v1/ledgers/books/reports"


def page(site: Site, report: str, query: str = "") -> TestResponse:
    return site.app.get(f"{BOOKS}/reports/{report}{query}", status=200)


def rows(answer: TestResponse) -> Rows:
    """Return the figures of each row by its heading, or by that of its first asset and its asset."""
    found: Rows = {}
    name = ""
    for row in answer.html.select("table.report tr"):
        heading = row.find("th", scope="row")
        name = name if heading is None else heading.text.strip()
        cells = [data for cell in row.find_all("td", class_="number") for data in cell.find_all("data")]
        if cells:
            found[f"{name} {cells[0].find('span').text}"] = [data["value"] for data in cells]
    return found


def by_account(answer: TestResponse) -> dict[tuple[str, str], str]:
    """Return the first figure of each account that the page links to, by account and asset."""
    found, path = {}, None
    for row in answer.html.select("table.report tr"):
        if row.find("th", scope="row") is not None:
            path = row.a and row.a["href"].partition("?")[0].rpartition("/accounts/")[2]
        if path and row.find("data") is not None:
            found[path, row.find("data").span.text] = row.find("data")["value"]
    return found


@pytest.mark.parametrize("query", ["", "?at=2024-12-31", "?at=2025-05-05T00:00:00Z", "?known_at=2000-01-01"])
def test_a_balance_sheet_has_the_figures_of_the_api(history: Site, query: str) -> None:
    report = send_ok(history.app, "GET", f"{API}/balance-sheet{query}")
    shown, named = (
        by_account(page(history, "balance-sheet", query)),
        rows(page(history, "balance-sheet", query)),
    )
    leaves = {
        (line["account"], asset): amount
        for section in report["sections"]
        for line in section["data"]
        for asset, amount in line["balances"].items()
        if line["account"] != "assets:bank"
    }
    assert leaves.items() <= shown.items()
    for title, section in zip(("assets", "liabilities", "equity"), report["sections"], strict=True):
        for asset, total in section["totals"].items():
            assert named[f"Total {title} {asset}"][0] == total
    for asset, amount in report["net_income"].items():
        assert named[f"Net income to date {asset}"][0] == amount


@pytest.mark.parametrize(
    "query", ["", "?from=2025-01-01&to=2025-12-31", "?to=2024-06-30", "?from=2025-05-05"]
)
def test_an_income_statement_has_the_figures_of_the_api(history: Site, query: str) -> None:
    report = send_ok(history.app, "GET", f"{API}/income-statement{query}")
    shown, named = (
        by_account(page(history, "income-statement", query)),
        rows(page(history, "income-statement", query)),
    )
    # An account of the period before alone has a zero, which the report of the period does not list.
    told = {key: amount for key, amount in shown.items() if Decimal(amount)}
    assert told == {
        (line["account"], asset): amount
        for section in report["sections"]
        for line in section["data"]
        for asset, amount in line["balances"].items()
    }
    for asset, amount in report["net_income"].items():
        assert named[f"Net income {asset}"][0] == amount


@pytest.mark.parametrize("query", ["", "?at=2024-12-31", "?known_at=2000-01-01"])
def test_a_trial_balance_has_the_figures_of_the_api(history: Site, query: str) -> None:
    report = send_ok(history.app, "GET", f"{API}/trial-balance{query}")
    shown = by_account(page(history, "trial-balance", query))
    assert shown == {
        (line["account"], asset): columns["credit"] if Decimal(columns["credit"]) else columns["debit"]
        for line in report["data"]
        for asset, columns in line["balances"].items()
    }


def test_sub_totals_count_what_is_below(history: Site) -> None:
    named = rows(page(history, "balance-sheet", "?at=2025-12-31"))
    # 1000 - 400 - 7 in one year, and three times as much in the other.
    assert named["daily USD"][0] == "2372.00"
    assert named["bank USD"][0] == "2400.00"


def test_a_balance_sheet_is_compared_with_the_one_of_a_year_earlier(history: Site) -> None:
    answer = page(history, "balance-sheet", "?at=2025-12-31")
    assert "2024-12-31, a year earlier" in answer.text
    assert rows(answer)["Total liabilities USD"] == ["100.00", "25.00", "75.00"]
    assert rows(answer)["Net income to date USD"] == ["2300.00", "575.00", "1725.00"]
    assert rows(answer)["Liabilities, equity and net income USD"] == ["2400.00", "600.00", "1800.00"]
    assert rows(answer)["Total assets JPY"] == ["500", "0", "500"]


def test_an_income_statement_is_compared_with_the_period_before(history: Site) -> None:
    answer = page(history, "income-statement", "?from=2025-01-01&to=2025-12-31")
    assert "2024-01-01 to 2024-12-31" in answer.text
    assert rows(answer)["home USD"] == ["1275.00", "425.00", "850.00"]
    assert rows(answer)["Net income USD"] == ["1725.00", "575.00", "1150.00"]
    quarter = rows(page(history, "income-statement", "?from=2025-04-01&to=2025-06-30"))
    assert quarter["job USD"] == ["0.00", "3000.00", "-3000.00"]


def test_a_trial_balance_is_compared_side_by_side(history: Site) -> None:
    named = rows(page(history, "trial-balance", "?at=2025-12-31"))
    assert named["liabilities:card USD"] == ["100.00", "25.00", "-75.00"]
    debit, credit, earlier_debit, earlier_credit, change = map(Decimal, named["Total USD"])
    assert (debit, earlier_debit, change) == (credit, earlier_credit, 0)
    # Assets and expenses: 593 + 7 + 425 in the first year.
    assert earlier_debit == 1025


def test_an_open_period_is_compared_with_nothing(history: Site) -> None:
    for query in ("", "?from=2025-01-01", "?to=2025-12-31", "?from=2025-01-02&to=2025-01-01"):
        answer = page(history, "income-statement", query)
        assert all(len(figures) == 1 for figures in rows(answer).values())
        assert "Change" not in answer.html.find("thead").text
    assert "Change" not in page(history, "balance-sheet", "?at=0001-06-30").html.find("thead").text


@every_report
def test_a_report_as_it_was_known_leaves_out_what_was_recorded_later(site: Site, report: str) -> None:
    fill_two_years(site.app)
    query = "?from=2025-01-01&to=2025-12-31" if report == "income-statement" else "?at=2025-12-31"
    known = site.journal()[0]["recorded_at"]
    before = rows(page(site, report, query))
    # Late for both columns: for what is asked, and for what it is compared with.
    for year in (2024, 2025):
        post(site.app, "expenses:late", "assets:bank:daily", "99.00", effective_at=f"{year}-02-02")
    assert rows(page(site, report, query)) != before
    answer = page(site, report, f"{query}&known_at={known}")
    assert rows(answer) == before
    assert "As it was known" in answer.html.main.text


@every_report
@pytest.mark.parametrize("query", ["known_at=never", "known_at=2026-13-01", "format=csv"])
def test_a_bad_question_is_a_page_that_says_so(history: Site, report: str, query: str) -> None:
    for suffix in ("", ".csv"):
        answer = history.app.get(f"{BOOKS}/reports/{report}{suffix}?{query}", expect_errors=True)
        assert (answer.status_int, answer.content_type) == (400, "text/html")
        assert answer.html.find(role="alert").text


@pytest.mark.parametrize("query", ["at=yesterday", "at=2025-02-30", "at=0000-01-01", "from=2025-01-01"])
def test_a_day_that_is_none_is_refused(history: Site, query: str) -> None:
    for report in ("balance-sheet", "trial-balance"):
        answer = history.app.get(f"{BOOKS}/reports/{report}?{query}", status=400)
        assert query.partition("=")[0] in answer.html.find(role="alert").text


@every_report
def test_times_at_the_ends_of_the_calendar_are_answered(history: Site, report: str) -> None:
    first = "from" if report == "income-statement" else "at"
    last = "to" if report == "income-statement" else "at"
    for query in (
        f"{first}=0001-01-01",
        f"{last}=9999-12-31",
        f"{last}=0001-01-01T00:00:00Z",
        f"{last}=2024-02-29T23:59:59.999999%2B14:00",
    ):
        page(history, report, f"?{query}")


def test_an_unknown_asset_is_refused(history: Site) -> None:
    for report in ("balance-sheet", "income-statement"):
        answer = history.app.get(f"{BOOKS}/reports/{report}?asset=XXX", expect_errors=True)
        assert 400 <= answer.status_int < 500
        assert "XXX" in answer.html.find(role="alert").text


@every_report
def test_an_empty_ledger_has_empty_reports(history: Site, report: str) -> None:
    answer = history.app.get(f"/ledgers/elsewhere/reports/{report}", status=200)
    assert "Nothing" in answer.html.main.text
    assert answer.html.find("canvas") is None


@every_report
def test_the_file_is_the_one_of_the_api(history: Site, report: str) -> None:
    query = "?from=2025-01-01&to=2025-06-30" if report == "income-statement" else "?at=2025-06-30"
    address = page(history, report, query).html.find("a", string="Download as CSV")["href"]
    kept = history.app.get(address, status=200)
    sent = send(history.app, "GET", f"{API}/{report}{query}", headers={"Accept": "text/csv"})
    assert kept.body == sent.body
    for name in ("Content-Disposition", "Content-Type"):
        assert kept.headers[name] == sent.headers[name]
    assert kept.headers["X-Content-Type-Options"] == "nosniff"


def links(answer: TestResponse, label: str) -> dict[str, Any]:
    return {each.text: each for each in answer.html.find("nav", attrs={"aria-label": label}).find_all("a")}


def test_the_reports_lead_to_one_another_for_the_same_time(history: Site) -> None:
    sheet = page(history, "balance-sheet", "?at=2025-06-30&known_at=2099-01-01")
    income = history.app.get(links(sheet, "Reports")["Income statement"]["href"], status=200)
    assert income.request.GET == {"from": "2025-01-01", "to": "2025-06-30", "known_at": "2099-01-01"}
    trial = history.app.get(links(income, "Reports")["Trial balance"]["href"], status=200)
    assert trial.request.GET == {"at": "2025-06-30", "known_at": "2099-01-01"}
    assert links(trial, "Reports")["Trial balance"]["aria-current"] == "page"


def test_a_quick_link_keeps_what_else_was_asked(history: Site) -> None:
    answer = page(history, "income-statement", "?known_at=2099-01-01&asset=JPY")
    chosen = history.app.get(links(answer, "Times")["Last year"]["href"], status=200)
    assert set(chosen.request.GET) == {"from", "to", "known_at", "asset"}
    assert links(chosen, "Times")["Last year"].get("aria-current") == "page"
    assert links(chosen, "Times")["This year"].get("aria-current") is None


def test_the_chart_shows_the_asset_that_is_asked_for(history: Site) -> None:
    answer = page(history, "balance-sheet", "?at=2025-12-31&asset=JPY")
    figures = [
        [data["value"] for data in row.find_all("data")]
        for row in answer.html.select("figure.chart tbody tr")
    ]
    assert figures == [["500", "0"], ["0", "0"], ["500", "0"]]


def test_hostile_accounts_are_text(site: Site) -> None:
    path = "assets:<script>alert(1)</script>:\"'&lt;"
    post(site.app, path, "expenses:</script><b>", "1.00")
    for report in REPORTS:
        answer = page(site, report)
        assert "<script>alert" not in answer.text
        assert "</script><b>" not in answer.text
