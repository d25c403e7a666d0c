"""Every page, wide and light, on a phone and dark: nothing broken, nothing that keeps anybody out."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from myapp.web.pages import PAGES
from tests.browser.conftest import call
from tests.browser.visit import Visit, visiting
from tests.serving import Server

# Where each page is found in the demo books; a page without an example fails the first test.
EXAMPLES = {
    "ledgers": "/",
    "sign_in": "/sign-in",
    "requests": "/requests",
    "overview": "/ledgers/demo",
    "accounts": "/ledgers/demo/accounts",
    "register": "/ledgers/demo/accounts/Assets:US:BofA:Checking",
    "holds": "/ledgers/demo/holds",
    "hold": "/ledgers/demo/holds/{hold}",
    "verify": "/ledgers/demo/verify",
    "import": "/ledgers/demo/import",
    "trial": "/ledgers/demo/import/trial",
    "balance_sheet": "/ledgers/demo/reports/balance-sheet?at=2024-12-31&known_at=2090-01-01",
    "income_statement": "/ledgers/demo/reports/income-statement?from=2024-01-01&to=2024-12-31",
    "trial_balance": "/ledgers/demo/reports/trial-balance?at=2024-12-31",
    "journal": "/ledgers/demo/journal?q=groceries",
    "transaction": "/ledgers/demo/transactions/{transaction}",
    "new": "/ledgers/demo/new",
    "reverse": "/ledgers/demo/transactions/{transaction}/reverse",
}

# What htmx puts into a page.
PARTS = {"completions", "light"}


def test_every_page_has_an_example() -> None:
    # Without a template it is a file, which a browser keeps and does not show.
    shown = {page.name for page in PAGES if page.method == "GET" and page.template is not None}
    assert shown - PARTS == EXAMPLES.keys()


def address_of(server: Server, name: str) -> str:
    """Return the address of a page's example; an id is one that the API lists."""
    found = {}
    for kind, path in (("transaction", "transactions"), ("hold", "holds")):
        if f"{{{kind}}}" in EXAMPLES[name]:
            found[kind] = call(server, f"/v1/ledgers/demo/{path}")["data"][0]["id"]
    return EXAMPLES[name].format(**found)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_page_is_accessible_and_keeps_its_policy(visit: Visit, name: str) -> None:
    answer = visit.open(address_of(visit.server, name))
    assert answer.status == 200
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert visit.violations() == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_page_fits_a_phone_in_the_dark(phone: Visit, name: str) -> None:
    assert phone.open(address_of(phone.server, name)).status == 200
    assert phone.violations() == []
    assert not phone.is_wider_than_its_window()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_page_is_whole_without_scripts(browser: Browser, server: Server, name: str) -> None:
    with visiting(browser, server, java_script_enabled=False) as visit:
        assert visit.open(address_of(server, name)).status == 200
        assert visit.page.locator("h1").inner_text() != ""
