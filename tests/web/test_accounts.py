"""The accounts' pages: every account can be reached, and a page of a statement adds up by itself."""

from __future__ import annotations

import json
from typing import Any

from myapp.web.accounts import TREE_MAX
from tests.api.client import post, send_ok, transfer
from tests.web.conftest import BOOKS, Site, fill_a_tree

MANY = "/ledgers/elsewhere/accounts"


def rows(page: Any) -> dict[str, Any]:
    """Return the rows of a tree by the name that they begin with."""
    return {row.select_one("a").text: row for row in page.html.select("table.tree tbody tr")}


def test_every_account_of_many_has_its_register(site: Site) -> None:
    fill_a_tree(site)
    below = transfer("expenses:e1:sub", "assets:a1")
    send_ok(site.app, "POST", "/v1/ledgers/elsewhere/transactions", below, 201)
    found = rows(site.app.get(f"{MANY}?under=expenses&limit=500&at=2030-01-01"))
    assert len(found) == TREE_MAX
    parent, leaf = found["e1"], found["e2"]
    assert [link.text for link in leaf.select("a")] == ["e2"]
    assert "expenses:e2" in site.app.get(leaf.a["href"]).html.h1
    assert leaf.a["href"].endswith("?to=2030-01-01")
    assert [link.text for link in parent.select("a")] == ["e1", "and below"]
    below = site.app.get(parent.select("a")[1]["href"])
    assert list(rows(below)) == ["sub"]
    assert "is an account itself" in below.html.main.text


def test_what_only_others_have_in_common_has_no_register(site: Site) -> None:
    assert "is an account itself" not in site.app.get(f"{BOOKS}/accounts?under=assets").html.main.text


def test_each_page_of_a_statement_adds_up(site: Site) -> None:
    for _ in range(3):
        post(site.app, "assets:cash", "equity:opening", "10.00", effective_at="2026-02-01")
    page = site.app.get(f"{BOOKS}/accounts/assets:cash?limit=2&from=2026-01-15&to=2026-03-01")
    first, last = ends(page)
    assert (first, last) == (["Opening balance", "100.00 USD"], ["Carried forward", "120.00 USD"])
    page = site.app.get(page.html.select_one("a[rel=next]")["href"])
    first, last = ends(page)
    assert (first, last) == (["Brought forward", "120.00 USD"], ["Closing balance", "130.00 USD"])


def test_the_chart_of_a_register_is_of_the_days_that_are_asked_for(site: Site) -> None:
    for day in (1, 2, 3):
        post(site.app, "assets:cash", "equity:opening", "1.00", effective_at=f"2026-02-0{day}")
    register = f"{BOOKS}/accounts/assets:cash?from=2026-02-02"
    (chart,) = charts(site.app.get(f"{register}&to=2026-02-03"))
    assert (chart["labels"], chart["series"][0]["values"]) == (
        ["2026-02-02", "2026-02-03"],
        ["102.00", "103.00"],
    )
    assert charts(site.app.get(f"{register}&to=2026-02-01")) == []


def charts(page: Any) -> list[Any]:
    """Return what the charts of a page are drawn from."""
    return [json.loads(each.string) for each in page.html.select('script[type="application/json"]')]


def ends(page: Any) -> tuple[list[str], list[str]]:
    """Return the words of the first and the last row of the statement."""
    found = page.html.select("div.frame[aria-label=Statement] tr")
    return words(found[1]), words(found[-1])


def words(row: Any) -> list[str]:
    return [" ".join(cell.text.split()) for cell in row.find_all(["td", "th"]) if cell.text.strip()]
