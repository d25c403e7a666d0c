"""Every page with every kind of visitor, signed in by cookie: the right answer, and nothing changed."""

from __future__ import annotations

import pytest
from webtest import TestResponse

from myapp.api.route import Route
from myapp.api.routes import ROUTES
from myapp.security import keys
from myapp.web.page import Page
from myapp.web.pages import PAGES
from tests.api.client import name as name_of_route
from tests.api.client import refused
from tests.faults.examples import exchange as call
from tests.faults.stage import Exchange
from tests.town import KINDS, SCOPE_OF, Town
from tests.web.examples import DOWNLOADS, FORMS, SENT, WRITING, address, exchange, name

POLICY = "default-src 'none'; script-src 'self'"


def ask(town: Town, made: Exchange) -> TestResponse:
    """Send a request with no cookies but its own."""
    town.app.reset()
    options = {"body": made.body, "content_type": made.content_type} if made.body else {}
    return town.app.request(made.url, method=made.method, headers=made.headers, expect_errors=True, **options)


def expected(page: Page, kind: str) -> int | str:
    """Return the status that this answer must have, or where it must lead."""
    if page.permission is None:
        return {"GET sign_in": 200, "POST sign_in": 422}.get(name(page), "/sign-in")
    if kind not in SCOPE_OF:
        return "/sign-in"
    inside = "{ledger}" in page.path
    if inside and kind.startswith("foreign"):
        return 404
    has_scope = keys.SCOPES.index(SCOPE_OF[kind]) >= keys.SCOPES.index(page.permission)
    if not has_scope or not (inside or kind == "root" or page.permission == "read"):
        return 403
    return 200 if page.method == "GET" or not page.keeps else "/ledgers/books"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_page_answers_every_visitor_as_it_must(town: Town, page: Page, kind: str) -> None:
    answer, wanted = ask(town, exchange(page, town.ids, key=town.secrets.get(kind))), expected(page, kind)
    if isinstance(wanted, int):
        assert answer.status_int == wanted
        if wanted == 200 and page.name in DOWNLOADS:
            return
        assert answer.content_type == "text/html"
        assert answer.headers["Content-Security-Policy"].startswith(POLICY)
        assert answer.headers["Cache-Control"] == "private, no-cache"
    else:
        assert answer.status_int == 303
        assert answer.location.removeprefix("http://localhost").startswith(wanted)
    if page in WRITING and wanted == "/ledgers/books":
        assert town.camera.take() != town.camera.first
        town.camera.restore()
    assert town.camera.take() == town.camera.first
    if kind.startswith("foreign") and wanted == 200:
        assert "books" not in answer.html.main.text


def test_every_form_has_an_example() -> None:
    assert {page.name for page in SENT} == FORMS.keys()


@pytest.mark.parametrize("token", ["", "0" * 40])
@pytest.mark.parametrize("page", SENT, ids=name)
def test_a_form_without_its_token_is_refused_and_changes_nothing(town: Town, page: Page, token: str) -> None:
    answer = ask(town, exchange(page, town.ids, key=town.secrets["owner"], token=token))
    assert (answer.status_int, answer.content_type) == (403, "text/html")
    assert town.camera.take() == town.camera.first


@pytest.mark.parametrize("page", WRITING, ids=name)
def test_a_form_without_any_cookie_of_its_visit_changes_nothing(town: Town, page: Page) -> None:
    made = exchange(page, town.ids)
    made.headers["Cookie"] = f"myapp_key={town.secrets['owner']}"
    assert ask(town, made).status_int == 403
    assert town.camera.take() == town.camera.first


@pytest.mark.parametrize("route", ROUTES, ids=name_of_route)
def test_the_cookie_alone_authorises_nothing_of_the_api(town: Town, route: Route) -> None:
    made = call(route, town.ids, with_key=False)
    made.headers["Cookie"] = f"myapp_key={town.secrets['root']}"
    answer = ask(town, made)
    if route.permission is None:
        assert answer.status_int == 200
    else:
        refused(answer, "unauthenticated")
    assert town.camera.take() == town.camera.first


def test_a_foreign_page_and_none_at_all_are_refused_in_the_same_words(town: Town) -> None:
    for page in PAGES:
        if "{ledger}" in page.path:
            there, never = (
                ask(town, exchange(page, town.ids, key=town.secrets["foreign"], ledger=ledger)).html
                for ledger in ("books", "never")
            )
            assert there.find(role="alert").text == never.find(role="alert").text.replace("never", "books")


def test_a_page_without_a_visitor_comes_back_after_signing_in(town: Town) -> None:
    for page in PAGES:
        if page.permission is not None and page.method == "GET":
            answer = ask(town, exchange(page, town.ids)).follow()
            assert answer.forms[0]["next"].value == address(page, town.ids)
