"""Hostile texts in a real browser: nothing runs, nothing breaks the policy, and every account is reached."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import call
from tests.browser.visit import Visit
from tests.serving import Server
from tests.web.examples import OPENED, address, name
from tests.web.hostile import ODD_PATHS, fill

# A page as its address is resolved and asked for by the browser; returns its heading.
HEADING = """async address => {
    const text = await (await fetch(address)).text();
    return new DOMParser().parseFromString(text, "text/html").querySelector("h1").textContent;
}"""


@pytest.fixture(scope="session")
def hostile(server: Server) -> dict[str, str]:
    return fill(lambda path, body: call(server, path, body), "hostile")


@pytest.mark.parametrize("page", [page for page in OPENED if "{ledger}" in page.path], ids=name)
def test_nothing_runs(visit: Visit, hostile: dict[str, str], page: Any) -> None:
    dialogs: list[str] = []
    visit.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    address_here = address(page, hostile, "hostile").replace("assets:cash", "equity:opening")
    answer = visit.open(address_here)
    assert answer.status == 200
    assert visit.page.url == visit.server.url(address_here)
    assert dialogs == []


@pytest.mark.parametrize("page", ["", "/journal", "/accounts"])
def test_long_words_fit_a_phone(phone: Visit, hostile: dict[str, str], page: str) -> None:
    phone.open(f"/ledgers/hostile{page}")
    assert not phone.is_wider_than_its_window()


def test_every_account_is_reached_by_its_link(visit: Visit) -> None:
    call(visit.server, "/v1/ledgers", {"name": "odd", "assets": [{"code": "USD", "scale": 2}]})
    for path in ODD_PATHS:
        call(visit.server, "/v1/ledgers/odd/accounts", {"path": path, "type": "asset"})
        postings = [
            {"account": path, "asset": "USD", "amount": "1.00"},
            {"account": "equity:opening", "asset": "USD", "amount": "-1.00"},
        ]
        call(visit.server, "/v1/ledgers/odd/transactions", {"postings": postings})
    visit.open("/ledgers/odd/journal")
    # Where a link leads is the browser's to say: it resolves "." and ".." before it asks anybody.
    links = visit.page.locator("a.path").evaluate_all(
        "links => links.map(link => [link.textContent, link.href])"
    )
    assert {text for text, _ in links} == {*ODD_PATHS, "equity:opening"}
    for text, href in links:
        if text != "equity:opening":
            assert visit.page.evaluate(HEADING, href) == text
