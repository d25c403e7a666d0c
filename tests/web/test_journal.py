"""The journal's filter bar: each field asks what it says, and the address keeps the question."""

from __future__ import annotations

import pytest

from tests.api.client import post
from tests.web.conftest import BOOKS, Site

JOURNAL = f"{BOOKS}/journal"


def shown(site: Site, query: str) -> list[str]:
    """Return the descriptions of the transactions on the page of a question."""
    page = site.app.get(f"{JOURNAL}?{query}")
    return [link.text for link in page.html.select("table.journal a[href*='/transactions/']")]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("amount=12.5", ["Lunch"]),
        ("amount=-12.50", ["Lunch"]),
        ("amount=100", ["Opening"]),
        ("amount=1,000.00", []),
        ("amount=000,012.50", ["Lunch"]),
        ("amount=12.501", []),
        ("amount=0", []),
        ("amount=99999999999999999999999999", []),
        ("amount=100&asset=JPY", []),
        ("amount=100&account=expenses:food", []),
        ("amount=100&account=assets:cash", ["Opening"]),
        ("account=expenses:food", ["Lunch"]),
        ("q=open", ["Opening"]),
        ("to=2026-01-01", ["Opening"]),
        ("metadata.trip=berlin", ["Lunch"]),
        ("metadata.trip=rome", []),
    ],
)
def test_the_bar_filters(site: Site, query: str, found: list[str]) -> None:
    assert shown(site, query) == found


@pytest.mark.parametrize(
    "query", ["amount=1e3", "amount=x", "from=yesterday", "order=upwards", "limit=0", "x=1"]
)
def test_a_question_that_cannot_be_read_is_refused_as_a_page(site: Site, query: str) -> None:
    answer = site.app.get(f"{JOURNAL}?{query}", status=400)
    assert answer.content_type == "text/html"
    assert query.partition("=")[0] in answer.html.find(attrs={"role": "alert"}).text


@pytest.mark.parametrize("query", ["limit=x", "limit=0", "cursor=x", "x=1"])
def test_so_is_a_question_to_the_tree_however_small_it_is(site: Site, query: str) -> None:
    site.app.get(f"{BOOKS}/accounts?{query}", status=400)


def test_fields_left_empty_leave_the_address(site: Site) -> None:
    answer = site.app.get(f"{JOURNAL}?q=open&account=&asset=&from=", status=303)
    assert answer.location.endswith(f"{JOURNAL}?q=open")


def test_metadata_is_asked_for_with_two_fields_and_dropped_with_a_link(site: Site) -> None:
    form = site.app.get(f"{JOURNAL}?q=Lunch").forms[0]
    form["key"], form["value"] = "trip", "berlin"
    page = form.submit().follow().follow()
    assert page.request.path_qs == f"{JOURNAL}?q=Lunch&metadata.trip=berlin"
    assert page.html.select(".chip")[0].text.split()[:3] == ["trip", "is", "berlin"]
    assert page.click(linkid="drop-metadata.trip").request.path_qs == f"{JOURNAL}?q=Lunch"


def test_the_pages_of_a_long_journal_are_walked_by_a_link(site: Site) -> None:
    for number in range(6):
        post(site.app, amount=f"{number + 1}.00", description=f"Number {number}")
    page = site.app.get(f"{JOURNAL}?limit=3&q=Number")
    seen = [link.text for link in page.html.select("table.journal a[href*='/transactions/']")]
    page = page.click("Older")
    seen += [link.text for link in page.html.select("table.journal a[href*='/transactions/']")]
    assert seen == [f"Number {number}" for number in range(5, -1, -1)]
    assert page.html.find(rel="next") is None


@pytest.mark.parametrize("query", ["key=trip", "key=trip&value=", "value=berlin", "amount=12,50"])
def test_half_a_question_is_not_dropped(site: Site, query: str) -> None:
    answer = site.app.get(f"{JOURNAL}?{query}", expect_errors=True)
    assert answer.maybe_follow(expect_errors=True).status_int == 400


@pytest.mark.parametrize("page", ["journal", "accounts/assets:cash", "reports/income-statement"])
@pytest.mark.parametrize(
    ("days", "is_told"),
    [
        (("2026-02-02", "2026-02-01"), True),
        (("2026-02-02T10:00:00Z", "2026-02-01"), True),
        (("2026-02-01", "2026-02-01"), False),
        (("2026-02-01T10:00:00Z", "2026-02-01"), False),
        (("2026-02-01", ""), False),
        (("", "2026-02-01"), False),
    ],
)
def test_a_first_day_after_the_last_is_told(
    site: Site, page: str, days: tuple[str, str], *, is_told: bool
) -> None:
    query = dict(zip(("from", "to"), days, strict=True))
    answer = site.app.get(f"{BOOKS}/{page}", {name: day for name, day in query.items() if day})
    assert ("The first day is after the last" in answer.text) is is_told
