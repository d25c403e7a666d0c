"""Anything at all, against every route: never a failure, and every refusal a problem document."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webtest import TestApp

from myapp.api.route import Route
from myapp.api.routes import ROUTES
from tests.api.client import LEDGER, post, refused, send

NAMES = sorted({field for route in ROUTES if route.body for field in route.body.__struct_fields__})
NAMES += ["account", "asset", "amount", "code", "scale", "min", "max", "USD", "\0", "x"]
PARAMETERS = [*sorted({name for route in ROUTES for name in route.parameters}), "metadata.a", "x", ""]
WORDS = [
    "USD",
    "JPY",
    "assets:cash",
    "expenses:food",
    "books",
    "frozen",
    "open",
    "asset",
    "equity",
    "0",
    "-0",
    "1",
    "-1",
    "1.00",
    "-1.00",
    "92233720368547758.07",
    "9" * 40,
    "1e9",
    "2026-01-05",
    "2026-02-30",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01",
    "\0",
    "\u0661",
    "e\u0301",
    "\U0001f600",
    ":",
    "a:",
    "%",
    "..",
    "../..",
    "true",
    "recorded",
    "effective",
    "x" * 300,
]

text = st.one_of(st.sampled_from(WORDS), st.text(max_size=20))
leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), text)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(NAMES) | text, inner, max_size=4)
    ),
    max_leaves=12,
)
amounts = st.one_of(st.sampled_from(["1", "-1", "1.00", "-1.00", "0"]), values)
postings = st.lists(
    st.fixed_dictionaries(
        {
            "account": st.sampled_from(["assets:a", "equity:b"]) | text,
            "asset": st.just("USD") | text,
            "amount": amounts,
        }
    ),
    max_size=4,
)
limits = st.dictionaries(
    st.just("USD") | text,
    st.none() | st.dictionaries(st.sampled_from(["min", "max"]), amounts, max_size=2),
    max_size=2,
)
LIKELY: dict[str, st.SearchStrategy[Any]] = {
    "postings": postings,
    "limits": limits,
    "metadata": st.dictionaries(text, st.none() | text, max_size=3),
    "assets": st.lists(st.fixed_dictionaries({"code": text, "scale": st.integers(-1, 20)}), max_size=3),
    "scale": st.integers(-1, 20) | values,
    "path": st.sampled_from(["assets:a", "x"]) | text,
    "name": st.sampled_from(["a", "b"]) | text,
}


def bodies(route: Route) -> st.SearchStrategy[bytes]:
    """Return bodies that come close to the route's own, JSON of any kind, and bytes of any kind."""
    encoded = values.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))
    if route.body is None:
        return st.binary(max_size=200) | encoded
    fields = {name: LIKELY.get(name, text | values) for name in route.body.__struct_fields__}
    close = st.fixed_dictionaries({}, optional=fields).map(lambda value: json.dumps(value).encode())
    return st.one_of(close, close, close, encoded, st.binary(max_size=50))


def urls(route: Route) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(st.sampled_from(PARAMETERS) | text, text | st.binary(max_size=5)), max_size=3)
    query = pairs.map(lambda given: "&".join(f"{quote(name)}={quote(value)}" for name, value in given))
    steps = re.findall(r"\{[^}]*\}", route.path)
    known = {
        "{ledger}": st.just("books") | text,
        "{path:.*}": st.sampled_from(["assets:cash", "assets:a"]) | text,
    }
    filled = st.tuples(*(known.get(step, text) for step in steps))

    def build(values: tuple[str, ...], query: str) -> str:
        url = route.path
        for step, value in zip(steps, values, strict=True):
            url = url.replace(step, quote(value, safe=""), 1)
        return f"{url}?{query}" if query else url

    return st.builds(build, filled, st.just("") | query)


requests = st.sampled_from(ROUTES).flatmap(
    lambda route: st.tuples(
        st.just(route.method), urls(route), st.none() if route.method == "GET" else bodies(route)
    )
)
# One database serves all the examples of a test: what one of them makes, another may run into.
FUZZED = settings(
    max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), database=None, print_blob=True
)


def check(app: TestApp, method: str, url: str, body: bytes | None, **headers: str) -> None:
    answer = send(app, method, url, body, headers=headers)
    assert answer.status_int < 500, (method, url, body, answer.body)
    if answer.status_int >= 400:
        refused(answer, answer.json["code"])
    else:
        assert answer.content_type == "application/json"
        assert isinstance(answer.json, dict)


@pytest.fixture
def fuzzed(books: TestApp) -> TestApp:
    post(books)
    return books


@FUZZED
@given(request=requests)
def test_no_request_of_any_kind_is_a_failure(fuzzed: TestApp, request: tuple[str, str, bytes | None]) -> None:
    check(fuzzed, *request)


HEADERS = [
    "Accept",
    "Content-Type",
    "X-Request-Id",
    "Idempotency-Key",
    "Authorization",
    "Accept-Encoding",
    "Range",
    "If-Match",
]
header_text = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30
)


@settings(FUZZED, max_examples=80)
@given(
    headers=st.dictionaries(st.sampled_from(HEADERS), header_text, max_size=3),
    url=st.sampled_from(["", "/transactions"]),
)
def test_no_header_of_any_kind_is_a_failure(fuzzed: TestApp, headers: dict[str, str], url: str) -> None:
    check(fuzzed, "GET", LEDGER + url, None, **headers)
    check(fuzzed, "POST", f"{LEDGER}/accounts", b'{"path": "assets:fuzz"}', **headers)


def test_the_books_are_balanced_after_all_of_it(fuzzed: TestApp) -> None:
    @FUZZED
    @given(request=requests.filter(lambda request: request[0] == "POST"))
    def run(request: tuple[str, str, bytes | None]) -> None:
        check(fuzzed, *request)

    run()
    totals = send(fuzzed, "GET", f"{LEDGER}/balances").json["totals"]
    assert {amount.strip("0.") for amount in totals.values()} <= {""}
