"""Every page's statements are counted: as many as its row says, and no more in larger books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from myapp.interchange.exporting import FORMATS
from myapp.web.pages import PAGES
from tests.api.client import post, send_ok, transfer
from tests.counting import counted
from tests.web.conftest import BOOKS, Site, fill_a_tree

TIMES = "at=2026-06-30T12:00:00Z&known_at=2026-06-30"
PERIOD = "from=2026-01-01T12:00:00Z&to=2026-06-30T12:00:00Z"
BUDGETS = {page.name: page.budget for page in PAGES if page.method == "GET"}


def examples(site: Site) -> Iterator[tuple[str, str]]:
    """Yield the dearest questions to every page, by its name."""
    hold = send_ok(site.app, "POST", "/v1/ledgers/books/holds", transfer("expenses:h", "assets:h"), 201)
    transaction = f"{BOOKS}/transactions/{site.ids['transaction']}"
    yield "ledgers", "/"
    yield "requests", "/requests"
    yield "sign_in", "/sign-in"
    yield "overview", BOOKS
    fill_a_tree(site)
    for ledger in (BOOKS, "/ledgers/elsewhere"):
        for query in ("", f"?{TIMES}&under=assets"):
            yield "accounts", f"{ledger}/accounts{query}"
    yield "register", f"{BOOKS}/accounts/assets:cash?asset=USD&{PERIOD}"
    yield "holds", f"{BOOKS}/holds?status=open&account=assets:h"
    yield "hold", f"{BOOKS}/holds/{hold['id']}"
    yield "verify", f"{BOOKS}/verify"
    yield "light", f"{BOOKS}/light"
    yield "import", f"{BOOKS}/import"
    yield "trial", f"{BOOKS}/import/trial"
    for format_ in FORMATS:
        yield "export", f"{BOOKS}/export/{format_}"
    yield "journal", f"{BOOKS}/journal?account=assets:cash&asset=USD&q=L&metadata.trip=berlin&order=effective"
    yield "transaction", transaction
    yield "new", f"{BOOKS}/new"
    yield "completions", f"{BOOKS}/completions?account=a"
    yield "reverse", f"{transaction}/reverse"
    for report in ("balance", "trial"):
        path = {"balance": "balance-sheet", "trial": "trial-balance"}[report]
        for query in ("", f"?{TIMES}"):
            yield path.replace("-", "_"), f"{BOOKS}/reports/{path}{query}"
            yield path.replace("-", "_") + "_file", f"{BOOKS}/reports/{path}.csv{query}"
    for query in ("", f"?{PERIOD}&known_at=2026-06-30"):
        yield "income_statement", f"{BOOKS}/reports/income-statement{query}"
        yield "income_statement_file", f"{BOOKS}/reports/income-statement.csv{query}"


def costs(site: Site) -> dict[str, int]:
    """Return the most statements that each page sent."""
    most: Counter[str] = Counter()
    for name, address in examples(site):
        # Once before, so that what a new connection asks for is not counted.
        site.app.get("/sign-in")
        with counted(site.app) as statements:
            site.app.get(address, status=200)
        most[name] = max(most[name], len(statements))
    return dict(most)


def test_no_page_sends_more_statements_than_its_budget(site: Site) -> None:
    found = costs(site)
    assert found.keys() == BUDGETS.keys()
    assert {name: cost for name, cost in found.items() if cost > BUDGETS[name]} == {}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_no_budget_is_larger_than_it_must_be(site: Site) -> None:
    assert costs(site) == BUDGETS


def test_a_page_costs_the_same_however_much_there_is(site: Site) -> None:
    few = costs(site)
    for number in range(10):
        post(site.app, f"expenses:e{number}", f"assets:a{number}")
    assert costs(site) == few
