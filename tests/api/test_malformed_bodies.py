"""Bodies that are no JSON, and JSON that is no request, on every route that takes a body."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from myapp.api.route import Route
from myapp.api.routes import ROUTES
from tests.api.client import LEDGER, address, name, refused, send, transfer

BODIED = [route for route in ROUTES if route.body is not None]
NOT_JSON = {
    "empty": b"",
    "space": b" ",
    "word": b"hello",
    "open": b'{"name": "x"',
    "twice": b'{"name": "x", "name": "x"}',
    "twice deep down": b'{"metadata": {"a": "1", "a": "2"}}',
    "comma": b'{"name": "x",}',
    "single quotes": b"{'name': 'x'}",
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": -Infinity}',
    "not UTF-8": b'{"name": "\xff"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"name": "x"}',
    "surrogate": b'{"name": "\\ud800"}',
    "surrogate in a key": b'{"\\udfff": "x"}',
    "raw control character": b'{"name": "\x00"}',
    "deep": b"[" * 10_000 + b"]" * 10_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "two values": b"{} {}",
}
NOT_AN_OBJECT: dict[str, Any] = {"null": None, "list": [], "text": "x", "number": 1, "true": True}
WRONG_TYPES = [None, 1, -1.5, True, "x", [], {}, [[]], {"a": {"b": 1}}, 10**30]


@pytest.mark.parametrize(
    ("route", "kind"),
    [(route, kind) for route in BODIED for kind, body in NOT_JSON.items() if body or not route.body_optional],
    ids=lambda value: value if isinstance(value, str) else name(value),
)
def test_what_is_not_json_is_malformed(library: TestApp, route: Route, kind: str) -> None:
    answer = send(library, route.method, address(library, route.path), NOT_JSON[kind])
    refused(answer, "malformed_json")
    assert len(answer.body) < 2_000


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"1", b"true", b"1e999"])
@pytest.mark.parametrize("route", BODIED, ids=name)
def test_json_that_is_no_object_is_no_request(library: TestApp, route: Route, body: bytes) -> None:
    refused(send(library, route.method, address(library, route.path), body), "invalid_request", "")


@pytest.mark.parametrize("digits", ["9" * 1_000_000, "-" + "9" * 1_000_000, "9" * 1_000_000 + ".5"])
def test_a_number_is_json_however_long_it_is(library: TestApp, digits: str) -> None:
    amount = f'{{"postings": [{{"account": "assets:a", "asset": "USD", "amount": {digits}}}]}}'
    answer = send(library, "POST", f"{LEDGER}/transactions", amount.encode())
    refused(answer, "invalid_amount", "/postings/0/amount")
    answer = send(library, "POST", f"{LEDGER}/assets", f'{{"code": "X", "scale": {digits}}}'.encode())
    refused(answer, "invalid_request", "/scale")
    assert len(answer.body) < 2_000


@pytest.mark.parametrize("route", BODIED, ids=name)
def test_an_unknown_field_is_named(library: TestApp, route: Route) -> None:
    body = {"no/such~field": 1}
    answer = send(library, route.method, address(library, route.path), body)
    refused(answer, "invalid_request", "/no~1such~0field")


@pytest.mark.parametrize("route", BODIED, ids=name)
def test_a_field_of_the_wrong_type_is_refused_but_never_a_failure(library: TestApp, route: Route) -> None:
    url = address(library, route.path)
    for field in route.body.__struct_fields__:
        for value in WRONG_TYPES:
            answer = send(library, route.method, url, {field: value, "unknown": 1})
            document = refused(answer, answer.json["code"])
            assert answer.status_int == 422, document


MISSING = [
    ("POST", "/v1/ledgers", {}, "/name"),
    ("POST", "/v1/ledgers", {"name": "x", "assets": [{"code": "USD"}]}, "/assets/0/scale"),
    ("POST", f"{LEDGER}/assets", {"code": "EUR"}, "/scale"),
    ("POST", f"{LEDGER}/assets", {"scale": 2}, "/code"),
    ("POST", f"{LEDGER}/accounts", {}, "/path"),
    ("POST", f"{LEDGER}/transactions", {}, "/postings"),
    (
        "POST",
        f"{LEDGER}/transactions",
        {"postings": [{"account": "a", "asset": "USD"}]},
        "/postings/0/amount",
    ),
    ("POST", f"{LEDGER}/transactions", {"postings": [{"account": "a", "amount": "1"}]}, "/postings/0/asset"),
    (
        "POST",
        f"{LEDGER}/transactions",
        {"postings": [{"asset": "USD", "amount": "1"}]},
        "/postings/0/account",
    ),
]


@pytest.mark.parametrize(("method", "url", "body", "pointer"), MISSING)
def test_a_missing_field_is_named(
    library: TestApp, method: str, url: str, body: object, pointer: str
) -> None:
    refused(send(library, method, url, body), "invalid_request", pointer)


NULS = [
    ("/v1/ledgers", {"name": "a\0"}, "/name"),
    ("/v1/ledgers", {"name": "x", "description": "\0"}, "/description"),
    ("/v1/ledgers", {"name": "x", "metadata": {"a": "\0"}}, "/metadata/a"),
    ("/v1/ledgers", {"name": "x", "metadata": {"\0": "a"}}, "/metadata"),
    ("/v1/ledgers", {"name": "x", "assets": [{"code": "A\0", "scale": 1}]}, "/assets/0/code"),
    (f"{LEDGER}/assets", {"code": "A\0", "scale": 1}, "/code"),
    (f"{LEDGER}/assets", {"code": "A", "scale": 1, "name": "\0"}, "/name"),
    (f"{LEDGER}/accounts", {"path": "assets:\0"}, "/path"),
    (f"{LEDGER}/accounts", {"path": "x", "type": "asset\0"}, "/type"),
    (f"{LEDGER}/accounts", {"path": "assets:x", "metadata": {"a/b": "\0"}}, "/metadata/a~1b"),
    (f"{LEDGER}/transactions", transfer("assets:\0"), "/postings/0/account"),
    (f"{LEDGER}/transactions", transfer(description="\0"), "/description"),
    (f"{LEDGER}/transactions", transfer(reference="\0"), "/reference"),
    (f"{LEDGER}/transactions", transfer(effective_at="\0"), "/effective_at"),
    (f"{LEDGER}/transactions", transfer(metadata={"a": "\0"}), "/metadata/a"),
]


@pytest.mark.parametrize(("url", "body", "pointer"), NULS)
def test_a_nul_in_a_text_is_refused_where_it_stands(
    library: TestApp, url: str, body: object, pointer: str
) -> None:
    refused(send(library, "POST", url, body), "invalid_request", pointer)


def test_a_nul_in_an_asset_is_an_unknown_asset(library: TestApp) -> None:
    posting = {"account": "assets:a", "asset": "U\0D", "amount": "1"}
    answer = send(library, "POST", f"{LEDGER}/transactions", {"postings": [posting, posting]})
    refused(answer, "unknown_asset", "/postings/0/asset")
    limited = {"path": "assets:a", "limits": {"U\0D": {"min": "0"}}}
    refused(send(library, "POST", f"{LEDGER}/accounts", limited), "unknown_asset", "/limits/U\0D")


LONG = [
    ("/v1/ledgers", {"name": "x" * 64}),
    ("/v1/ledgers", {"name": "x", "description": "x" * 1_001}),
    ("/v1/ledgers", {"name": "x", "assets": [{"code": f"A{n}", "scale": 0} for n in range(501)]}),
    (f"{LEDGER}/assets", {"code": "X" * 33, "scale": 2}),
    (f"{LEDGER}/accounts", {"path": "assets:" + "x" * 249}),
    (f"{LEDGER}/accounts", {"path": "assets:x", "type": "x" * 900_000}),
    (f"{LEDGER}/accounts", {"path": "assets:x", "limits": {f"A{n}": {} for n in range(70_000)}}),
    (f"{LEDGER}/accounts", {"path": "assets:x", "metadata": {str(n): "" for n in range(51)}}),
    (f"{LEDGER}/accounts", {"x" * 900_000: 1}),
    (f"{LEDGER}/transactions", transfer("x" * 900_000)),
    (f"{LEDGER}/transactions", transfer(reference="x" * 256)),
    (f"{LEDGER}/transactions", transfer(description="x" * 10_001)),
    (f"{LEDGER}/transactions", transfer(metadata={"a": "x" * 10_001})),
    (f"{LEDGER}/transactions", transfer(metadata={"a" * 256: "x"})),
    (f"{LEDGER}/transactions", transfer(effective_at="2" * 900_000)),
    (f"{LEDGER}/transactions", {"postings": transfer()["postings"] * 2_501}),
]


@pytest.mark.parametrize(("url", "body"), LONG, ids=range(len(LONG)))
def test_what_is_too_long_is_refused_and_not_echoed(library: TestApp, url: str, body: object) -> None:
    answer = send(library, "POST", url, body)
    refused(answer, "invalid_request")
    assert len(answer.body) < 5_000


@pytest.mark.parametrize("asset", ["X" * 400_000, "usd", ""])
def test_an_asset_that_nobody_declared_is_not_echoed_at_length(library: TestApp, asset: str) -> None:
    posting = {"account": "assets:a", "asset": asset, "amount": "1"}
    answer = send(library, "POST", f"{LEDGER}/transactions", {"postings": [posting, posting]})
    refused(answer, "unknown_asset", "/postings/0/asset")
    assert len(answer.body) < 5_000
