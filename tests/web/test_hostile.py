"""Names and texts that look like markup, code or addresses are shown as what they are: text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from webtest import TestApp

from myapp.db import unit_of_work
from myapp.security import keys
from myapp.web.page import Page
from tests.api.client import send
from tests.apps import close, make_app
from tests.databases import Database
from tests.web.examples import OPENED, address
from tests.web.hostile import ODD_PATHS, PAYLOADS, fill, harmless

SIGNER = "\"><script>alert(1)</script>{{7*7}}'"


@pytest.fixture
def app(database: Database) -> Iterator[TestApp]:
    """Ask for keys, and have one whose name is a payload in the cookie and in every call."""
    app = make_app(database, **{"myapp.auth": "keys", "myapp.cookies_secure": "false"})
    with unit_of_work(app.app.registry["dbsession_factory"]) as session:
        secret = keys.create(session, SIGNER, ["admin"], now=datetime.now(UTC))[1]
    app.set_cookie("myapp_key", secret)
    app.authorization = ("Bearer", secret)
    yield app
    close(app)


def called(app: TestApp, path: str, body: Any) -> Any:
    """Send a body to the API, which takes it."""
    answer = send(app, "POST", path, body)
    assert answer.status_int == 201, answer.text[:300]
    return answer.json


def shape(html: BeautifulSoup) -> Counter[tuple[str, ...]]:
    """Return the elements of a page with the names of their attributes."""
    return Counter((element.name, *sorted(element.attrs)) for element in html.find_all())


def unmarked(html: BeautifulSoup) -> Counter[tuple[str, ...]]:
    """Return the shape of a form without the marks at the fields that were refused."""
    for element in html.select(".wrong, [role=alert]"):
        element.decompose()
    for element in html.select("[aria-invalid]"):
        del element["autofocus"], element["aria-invalid"], element["aria-describedby"]
    return shape(html)


def addresses(page: Page, ids: dict[str, str], ledger: str) -> list[str]:
    """Return where a page is looked at: as it is, and a few lines at a time."""
    plain = address(page, ids, ledger).replace("assets:cash", "equity:opening")
    return [plain, *(f"{plain}?limit={limit}" for limit in ("7",) if "limit" in page.parameters)]


def test_no_text_becomes_an_element_or_an_attribute(app: TestApp) -> None:
    def call(path: str, body: Any) -> Any:
        return called(app, path, body)

    hostile, plain = fill(call, "hostile"), fill(call, "hostage", harmless)
    for page in (page for page in OPENED if "{ledger}" in page.path):
        for ours, theirs in zip(
            addresses(page, hostile, "hostile"), addresses(page, plain, "hostage"), strict=True
        ):
            answer = app.get(ours, status=200)
            assert shape(answer.html) == shape(app.get(theirs, status=200).html), ours
            assert not [each for each in answer.html.select("[href]") if each["href"][0] not in "/?#"]


def test_every_text_is_shown_as_it_is(app: TestApp) -> None:
    ids = fill(lambda path, body: called(app, path, body), "hostile")
    listed = {
        each["description"]: each
        for each in app.get("/v1/ledgers/hostile/transactions?limit=500").json["data"]
    }
    assert set(PAYLOADS) <= listed.keys()
    for text in PAYLOADS:
        html = app.get(f"/ledgers/hostile/transactions/{listed[text]['id']}").html
        assert html.h1.text == text
        facts = [each.text for each in html.select("dl.facts dt, dl.facts dd")]
        assert text in facts
        assert text[:60] in facts
        assert [a.text for a in html.select("a.path")] == [
            posting["account"] for posting in listed[text]["postings"]
        ]
    assert f"key:{SIGNER}" in app.get(f"/ledgers/hostile/transactions/{ids['{id}']}").html.dl.text
    assert PAYLOADS[0] in app.get("/").html.main.text


@pytest.mark.parametrize("field", ["description", "reference", "account", "asset", "amount", "key", "value"])
def test_a_refused_form_gives_back_what_was_typed_as_text(app: TestApp, field: str) -> None:
    called(app, "/v1/ledgers", {"name": "books", "assets": [{"code": "USD", "scale": 2}]})
    form = app.get("/ledgers/books/new").forms["posting"]
    fields = [(name, form[name].value) for name in ("csrf_token", "once")]
    calm = unmarked(
        app.post("/ledgers/books/new", [*fields, (field, "x"), ("description", "y")], status=422).html
    )
    for text in PAYLOADS:
        given = [*fields, (field, text), ("description", "y")]
        html = app.post("/ledgers/books/new", given, status=422).html
        assert unmarked(html) == calm, text
        if field != "asset":
            kept = [each.get("value") for each in html.find_all("input", attrs={"name": field})]
            assert text.strip() in kept


@pytest.mark.parametrize("question", ["q", "account", "metadata.x", "cursor", "x", "under"])
def test_a_question_of_any_text_is_shown_as_text(app: TestApp, question: str) -> None:
    called(app, "/v1/ledgers", {"name": "books", "assets": [{"code": "USD", "scale": 2}]})
    url = "/ledgers/books/accounts" if question == "under" else "/ledgers/books/journal"
    calm = app.get(url, {question: "word"}, expect_errors=True)
    for text in PAYLOADS:
        answer = app.get(url, {question: text}, expect_errors=True)
        assert answer.status_int == calm.status_int < 500
        assert shape(answer.html) == shape(calm.html), text


def test_every_link_to_an_account_leads_to_it(app: TestApp) -> None:
    called(app, "/v1/ledgers", {"name": "books", "assets": [{"code": "USD", "scale": 2}]})
    for path in ODD_PATHS:
        called(app, "/v1/ledgers/books/accounts", {"path": path, "type": "asset"})
        postings = [
            {"account": path, "asset": "USD", "amount": "1.00"},
            {"account": "equity:opening", "asset": "USD", "amount": "-1.00"},
        ]
        made = called(app, "/v1/ledgers/books/transactions", {"postings": postings})
        link = app.get(f"/ledgers/books/transactions/{made['id']}").html.select("a.path")[0]
        page = app.get(link["href"])
        assert page.html.h1.text == path
        # The register's own form comes back, too, without the fields that were left empty.
        page.forms["statement"]["from"] = "2026-01-01"
        assert page.forms["statement"].submit().follow().html.h1.text == path
    tree = app.get("/ledgers/books/accounts").html
    assert {app.get(a["href"]).html.h1.text for a in tree.select("a.path") if "/accounts/" in a["href"]} == {
        *ODD_PATHS,
        "equity:opening",
    }
