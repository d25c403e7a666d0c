"""What is sent to a page: from a form of ours, of its type, in UTF-8, or nothing is changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.web.conftest import BOOKS, Site

NEW = f"{BOOKS}/new"
FIELDS = {
    "account": ["expenses:tea", "assets:cash"],
    "asset": ["USD", "USD"],
    "amount": ["3.20", "-3.20"],
}
FORM = "application/x-www-form-urlencoded"


def pairs(site: Site, **more: str) -> list[tuple[str, str]]:
    """Return the fields of a form that would be posted."""
    form = site.app.get(NEW).forms["posting"]
    given = {"csrf_token": form["csrf_token"].value, "once": form["once"].value, **more}
    return [*given.items(), *((name, value) for name, values in FIELDS.items() for value in values)]


def test_the_form_of_these_tests_would_be_posted(site: Site) -> None:
    site.app.post(NEW, pairs(site), status=303)


@pytest.mark.parametrize("token", ["", "x", "é", "0" * 64])
def test_a_form_of_another_site_is_refused(site: Site, token: str) -> None:
    before = site.journal()
    answer = site.app.post(NEW, pairs(site, csrf_token=token), status=403)
    assert answer.content_type == "text/html"
    assert site.journal() == before


def test_a_page_whose_cookies_are_lost_says_why(site: Site) -> None:
    site.app.app.registry["settings"] = replace(site.app.app.registry["settings"], cookies_secure=True)
    answer = site.app.post(NEW, pairs(site, csrf_token="x"), status=403)
    assert "open it by https" in answer.html.main.text


@pytest.mark.parametrize("key", ["", "x", "page-", "page-" + "é" * 36, "own-key"])
def test_a_form_without_a_key_of_its_own_is_refused(site: Site, key: str) -> None:
    before = site.journal()
    site.app.post(NEW, pairs(site, once=key), status=422)
    assert site.journal() == before


@pytest.mark.parametrize("body", [b"\xff=\xff", b"a=%ff", b"%00=%00", b"&" * 10_000, b"=" * 100])
def test_what_is_no_form_is_refused(site: Site, body: bytes) -> None:
    before = site.journal()
    answer = site.app.post(NEW, body, content_type=FORM, expect_errors=True)
    assert answer.status_int in (403, 422)
    assert site.journal() == before


def test_a_nul_in_a_field_is_refused(site: Site) -> None:
    before = site.journal()
    assert "NUL" in site.app.post(NEW, pairs(site, description="a\0b"), status=422).text
    assert site.journal() == before


def test_another_type_of_body_is_refused(site: Site) -> None:
    before = site.journal()
    for media_type in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
        site.app.post(NEW, b"{}", content_type=media_type, status=415)
    assert site.journal() == before


def test_a_form_too_large_is_refused(site: Site) -> None:
    site.app.post(NEW, b"a" * (1024 * 1024 + 1), content_type=FORM, status=413)


ELSEWHERE = (
    "https://evil.example",
    "http://localhost",
    "https://localhost:x",
    "https://[",
    "http://a]b[",
    "https://[::1",
    "https://[zz]",
    "null",
    "x",
)


@pytest.mark.parametrize("header", ["Origin", "Referer"])
@pytest.mark.parametrize("origin", ELSEWHERE)
def test_an_https_form_from_another_origin_is_refused(site: Site, header: str, origin: str) -> None:
    https = {"wsgi.url_scheme": "https"}
    before = site.journal()
    answer = site.app.post(NEW, pairs(site), headers={header: origin}, extra_environ=https, status=403)
    assert "from another site" in answer.html.main.text
    assert site.journal() == before
