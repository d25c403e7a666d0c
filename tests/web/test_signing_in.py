"""Keys as cookies: for pages alone, and for no longer than the key is good."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from webtest import TestApp

from tests.apps import close, make_app
from tests.databases import Database
from tests.web.conftest import BOOKS, fill

JOURNAL = f"{BOOKS}/journal"


@pytest.fixture
def secrets(database: Database) -> dict[str, str]:
    app = make_app(database)
    fill(app)
    made = {}
    for name, scope, ledger in (
        ("own", "write", "books"),
        ("reader", "read", "books"),
        ("foreign", "write", "elsewhere"),
    ):
        body = {"name": name, "scopes": [scope], "ledger": ledger}
        made[name] = app.post_json("/v1/keys", body, status=201).json["secret"]
    close(app)
    return made


@pytest.fixture
def site(database: Database, secrets: dict[str, str]) -> Iterator[TestApp]:
    app = make_app(database, **{"myapp.auth": "keys", "myapp.cookies_secure": "false"})
    yield app
    close(app)


def sign_in(site: TestApp, secret: str, then: str = JOURNAL) -> None:
    """Open a page, be asked for the key, and come back."""
    form = site.get(then, status=303).follow().forms[0]
    form["key"] = secret
    answer = form.submit(status=303)
    assert answer.location.endswith(then)


def test_a_visitor_without_a_key_is_asked_for_it_and_comes_back(
    site: TestApp, secrets: dict[str, str]
) -> None:
    sign_in(site, secrets["own"], JOURNAL + "?q=Lunch")
    assert "Lunch" in site.get(JOURNAL).text


def test_a_wrong_key_is_refused_and_not_written_into_the_page(site: TestApp) -> None:
    form = site.get("/sign-in").forms[0]
    form["key"] = "myapp_wrong"
    answer = form.submit(status=422)
    assert "not known" in answer.text
    assert "myapp_wrong" not in answer.text


def test_the_cookie_opens_pages_and_not_the_api(site: TestApp, secrets: dict[str, str]) -> None:
    sign_in(site, secrets["own"])
    assert site.get("/v1/ledgers/books", status=401)


def test_a_foreign_ledger_is_not_there(site: TestApp, secrets: dict[str, str]) -> None:
    sign_in(site, secrets["foreign"], "/")
    foreign, missing = site.get(JOURNAL, status=404), site.get("/ledgers/nothing/journal", status=404)
    assert foreign.html.h1 == missing.html.h1
    assert "books" not in site.get("/").html.main.text


def test_a_reader_sees_no_form_and_may_not_send_one(site: TestApp, secrets: dict[str, str]) -> None:
    sign_in(site, secrets["reader"])
    assert "New transaction" not in site.get(JOURNAL).text
    assert site.get(f"{BOOKS}/new", status=403).content_type == "text/html"


def test_a_revoked_key_opens_nothing_any_more(
    site: TestApp, secrets: dict[str, str], database: Database
) -> None:
    sign_in(site, secrets["own"])
    administrator = make_app(database)
    for key in administrator.get("/v1/keys").json["data"]:
        administrator.delete(f"/v1/keys/{key['id']}")
    close(administrator)
    assert "/sign-in" in site.get(JOURNAL, status=303).location


def test_signing_out_forgets_the_key(site: TestApp, secrets: dict[str, str]) -> None:
    sign_in(site, secrets["own"])
    site.get(JOURNAL).forms[0].submit(status=303)
    assert "/sign-in" in site.get(JOURNAL, status=303).location


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/a\r\nSet-Cookie: a=b",
        "",
        "/" + "é" * 999,
    ],
)
def test_signing_in_goes_on_to_this_site_alone(
    site: TestApp, secrets: dict[str, str], elsewhere: str
) -> None:
    form = site.get("/sign-in").forms[0]
    form["key"], form["next"] = secrets["own"], elsewhere
    assert form.submit(status=303).location in ("/", "http://localhost/")


@pytest.mark.parametrize(
    ("then", "location"),
    [
        ("/日?q=é", "/%E6%97%A5?q=%C3%A9"),
        ("/é", "/%C3%A9"),
        (f"{BOOKS}/accounts/assets%3Acash?q=a+b", f"{BOOKS}/accounts/assets%3Acash?q=a+b"),
        ("/a b\\c[", "/a%20b%5Cc["),
    ],
)
def test_signing_in_goes_on_to_any_address_of_this_site(
    site: TestApp, secrets: dict[str, str], then: str, location: str
) -> None:
    form = site.get("/sign-in").forms[0]
    fields = {"csrf_token": form["csrf_token"].value, "key": secrets["own"], "next": then}
    answer = site.post("/sign-in", fields, status=303)
    assert answer.location.removeprefix("http://localhost") == location


def test_the_cookies_are_for_https_and_no_scripts(database: Database, secrets: dict[str, str]) -> None:
    app = make_app(database, **{"myapp.auth": "keys"})
    page = app.get("https://localhost/sign-in")
    form = page.forms[0]
    form["key"] = secrets["own"]
    answer = form.submit(
        status=303, headers={"Origin": "https://localhost"}, extra_environ={"wsgi.url_scheme": "https"}
    )
    close(app)
    for cookie in (page.headers["Set-Cookie"], answer.headers["Set-Cookie"]):
        assert {"HttpOnly", "SameSite=Lax", "secure"} <= set(cookie.split("; "))
