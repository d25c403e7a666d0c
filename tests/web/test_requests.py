"""The page for operators counts how each attempt ended, by route."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.apps import close, make_app
from tests.databases import Database
from tests.web.conftest import BOOKS, Site, fill


@pytest.fixture
def site(database: Database) -> Iterator[Site]:
    """A service that has counted nothing of other tests."""
    app = make_app(database, anew=True, **{"myapp.cookies_secure": "false"})
    yield Site(app, fill(app))
    close(app)


def row_of(site: Site, route: str) -> list[str]:
    """Return the figures of a route: attempts, commits, aborts, retries, statements."""
    for row in site.app.get("/requests").html.find_all("tr"):
        if row.code is not None and row.code.text == route:
            return [cell.text for cell in row.find_all("td")[:5]]
    raise AssertionError(f"{route} is not on the page.")


def test_commits_and_aborts_are_counted_by_route(site: Site) -> None:
    url = "/v1/ledgers/books/accounts"
    site.app.post_json(url, {"path": "assets:one"}, status=201)
    site.app.post_json(url, {"path": "assets:one"}, status=409)
    attempts, commits, aborts, retries, _ = row_of(site, "POST /v1/ledgers/{ledger}/accounts")
    assert (attempts, commits, aborts, retries) == ("2", "1", "1", "0")


def test_reads_are_counted_as_neither(site: Site) -> None:
    site.app.get(f"{BOOKS}/journal")
    assert row_of(site, "GET /ledgers/{ledger}/journal")[:4] == ["1", "0", "0", "0"]


def test_an_address_that_leads_nowhere_is_counted_once_for_all(site: Site) -> None:
    for number in range(3):
        site.app.get(f"/nowhere/{number}", status=404)
    assert row_of(site, "no route")[0] == "3"
