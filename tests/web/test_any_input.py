"""Whatever is sent to a page, it answers: with a page, a way onward or a refusal, and never a 500."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webtest import TestApp, TestResponse

from myapp.web.page import Page
from myapp.web.pages import PAGES
from tests.apps import close, make_app
from tests.databases import Database
from tests.faults.ledger import prepare_books
from tests.faults.stage import Exchange, send
from tests.web.conftest import ON_BOTH
from tests.web.examples import FORMS, OPENED, SENT, TOKEN, address, exchange, name
from tests.web.hostile import PAYLOADS

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get")
FORM = "application/x-www-form-urlencoded"
# Few for each page, since there are many pages; a longer search is `--hypothesis-profile` away.
FEW = settings(
    max_examples=12,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TEXTS = st.one_of(
    st.sampled_from(PAYLOADS),
    st.sampled_from(["", "-1", "0", "1e9", "9" * 50, "2026-02-30", "0000-01-01", "9999-12-31", "NaN", "a:b"]),
    st.text(max_size=30),
    st.just("x" * 20_000),
)


@pytest.fixture
def visited(database: Database) -> Iterator[tuple[TestApp, dict[str, str]]]:
    app = make_app(database)
    # What a client sends is looked at here, and WebTest would refuse some of it itself.
    yield TestApp(app.app, lint=False), prepare_books(app.app)
    close(app)


def answered(answer: TestResponse) -> int:
    """Return the status of an answer that anything but a failure of ours may have."""
    assert answer.status_int < 500, answer.text[:200]
    if answer.status_int >= 400 and answer.request.method != "HEAD":
        assert answer.content_type in ("text/html", "application/problem+json")
    return int(answer.status_int)


def encoded(pairs: list[tuple[str, str]]) -> str:
    """Return the pairs as a browser writes them; what UTF-8 cannot say is a question mark."""
    return urlencode([(key, value.encode("utf-8", "replace")) for key, value in pairs])


@pytest.mark.parametrize("page", OPENED, ids=name)
@FEW
@given(data=st.data())
def test_any_query_is_answered(
    visited: tuple[TestApp, dict[str, str]], page: Page, data: st.DataObject
) -> None:
    app, ids = visited
    names = st.sampled_from([*page.parameters, "metadata.a", "unknown", "\0", "é"])
    query = data.draw(st.lists(st.tuples(names, TEXTS), max_size=4))
    url = address(page, ids)
    answered(app.get(f"{url}?{encoded(query)}", expect_errors=True))


@ON_BOTH
@pytest.mark.parametrize("page", SENT, ids=name)
@FEW
@given(data=st.data())
def test_any_form_is_answered(
    visited: tuple[TestApp, dict[str, str]], page: Page, data: st.DataObject
) -> None:
    app, ids = visited
    known = [key for key, _ in FORMS[page.name]]
    names = st.sampled_from([*known, "once", "csrf_token", "effective_at", "do", "next", "unknown"])
    drawn = data.draw(st.lists(st.tuples(names, TEXTS), max_size=8))
    made, fields = exchange(page, ids), encoded(drawn).encode()
    body = made.body + b"&" + fields if data.draw(st.booleans()) else fields
    app.reset()
    sent = app.request(
        made.url, method="POST", headers=made.headers, content_type=FORM, body=body, expect_errors=True
    )
    answered(sent)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_odd_bytes_and_methods_are_answered(visited: tuple[TestApp, dict[str, str]], page: Page) -> None:
    app, ids = visited
    url = address(page, ids)
    there = {each.method for each in PAGES if each.name == page.name}
    for method in METHODS:
        status = answered(app.request(url, method=method, expect_errors=True))
        known = method in there or (method == "HEAD" and "GET" in there)
        assert (status == 405) != known, method
    for query in ("%ff", "a=%ff", "%", "&&&==", "a=b&a=b", "limit=7&limit=8", "x" * 60_000, "\xe9=\xff"):
        answered(app.get(f"{url}?{query}", expect_errors=True))
    for ending in ("%ff", "%00", "/", "/..%2f", "%0d%0a"):
        # WebTest cannot write an address that is not UTF-8.
        there_or_not = send(app.app, Exchange("GET", url + ending, headers={"Accept": "text/html"}))
        assert there_or_not.status in (200, 303, 400, 404, 405), there_or_not
    for cookie in ("csrf_token=\xe9\xff", "myapp_key=\xe9; csrf_token=", "=;;=", "csrf_token=" + "x" * 9_000):
        app.reset()
        given = {"Cookie": cookie}
        answered(app.request(url, method=page.method, headers=given, expect_errors=True))


@pytest.mark.parametrize("page", SENT, ids=name)
def test_odd_bodies_are_answered(visited: tuple[TestApp, dict[str, str]], page: Page) -> None:
    app, ids = visited
    made = exchange(page, ids)
    fields = b"&" + b"&".join(b"account=a%d&asset=USD&amount=1" % number for number in range(3_000))
    many = made.body + b"&amount=1" * 20_000
    for body in (b"", made.body + fields, many, made.body + b"&%ff=%fe", made.body + b"&description=%00"):
        for media_type in (FORM, f"{FORM}; charset=utf-16", f"{FORM}; charset=nonsense", "text/html", ""):
            app.reset()
            headers = {**made.headers, "Content-Type": media_type}
            answered(app.post(made.url, body, headers=headers, expect_errors=True))


@pytest.mark.parametrize("page", OPENED, ids=name)
def test_head_is_get_without_a_body(visited: tuple[TestApp, dict[str, str]], page: Page) -> None:
    app, ids = visited
    head = app.head(address(page, ids))
    assert (head.status_int, head.body, head.content_type) == (200, b"", "text/html")


def test_the_token_of_these_tests_is_taken(visited: tuple[TestApp, dict[str, str]]) -> None:
    app, ids = visited
    page = next(page for page in SENT if page.name == "new")
    made = exchange(page, ids, token=TOKEN)
    answer = app.post(made.url, made.body, headers=made.headers, expect_errors=True)
    assert answer.status_int == 303
