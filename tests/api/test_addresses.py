"""Hostile addresses: NUL, broken UTF-8, unknown and doubled parameters; never more than a refusal."""

from __future__ import annotations

import pytest
from webtest import TestApp

from myapp.api.route import Route
from myapp.api.routes import ROUTES
from tests.api.client import LEDGER, address, refused, send

READ = sorted({route.path for route in ROUTES if route.method == "GET"})
WRITING = [route for route in ROUTES if route.method != "GET"]
NUL = [
    "/v1/ledgers/a%00b",
    "/v1/ledgers/a%00b/accounts",
    f"{LEDGER}/accounts/a%00b",
    f"{LEDGER}/transactions/a%00b",
    "/v1/%00",
]


@pytest.mark.parametrize("method", ["GET", "PATCH", "POST"])
@pytest.mark.parametrize("url", NUL)
def test_nothing_has_a_nul_in_its_address(library: TestApp, url: str, method: str) -> None:
    answer = send(library, method, url, {} if method != "GET" else None)
    assert answer.status_int in (404, 405, 422)
    refused(answer, answer.json["code"])


@pytest.mark.parametrize("url", ["/v1/%FF", "/v1/ledgers/%C3", f"{LEDGER}/accounts/%ED%A0%80"])
def test_an_address_that_is_not_utf_8_is_refused(library: TestApp, url: str) -> None:
    refused(send(library, "GET", url), "invalid_parameter")


@pytest.mark.parametrize("path", READ)
@pytest.mark.parametrize("query", ["%FF=1", "limit=%FF", "x=%ED%A0%80", "limit=1%00", "%00=1", "nothing=1"])
def test_a_query_that_cannot_be_read_is_refused(library: TestApp, path: str, query: str) -> None:
    refused(send(library, "GET", f"{address(library, path)}?{query}"), "invalid_parameter")


DOUBLED = [(route.path, name) for route in ROUTES if route.method == "GET" for name in route.parameters]


@pytest.mark.parametrize(("path", "name"), DOUBLED)
def test_a_parameter_given_twice_is_refused(library: TestApp, path: str, name: str) -> None:
    refused(send(library, "GET", f"{address(library, path)}?{name}=1&{name}=1"), "invalid_parameter")


@pytest.mark.parametrize("route", WRITING, ids=lambda route: f"{route.method} {route.path}")
def test_a_writing_route_knows_its_parameters_too(library: TestApp, route: Route) -> None:
    url = address(library, route.path)
    refused(send(library, route.method, f"{url}?dry_rum=1", {}), "invalid_parameter")


@pytest.mark.parametrize("value", ["0", "501", "-1", "abc", "", "1.0", "%D9%A1", "1e1", "+1", "9" * 30])
@pytest.mark.parametrize("list_", ["/accounts", "/assets", "/transactions", "/balances", "/holds"])
def test_a_limit_outside_1_to_500_is_refused(library: TestApp, list_: str, value: str) -> None:
    refused(send(library, "GET", f"{LEDGER}{list_}?limit={value}"), "invalid_parameter")


@pytest.mark.parametrize("value", [1, 500])
@pytest.mark.parametrize("list_", ["/accounts", "/assets", "/transactions", "/balances", "/holds"])
def test_a_limit_from_1_to_500_is_taken(library: TestApp, list_: str, value: int) -> None:
    assert send(library, "GET", f"{LEDGER}{list_}?limit={value}").status_int == 200


BAD_VALUES = [
    "/accounts?type=assets",
    "/accounts?type=",
    "/accounts?status=gone",
    "/holds?status=gone",
    "/holds?status=",
    "/balances?depth=0",
    "/balances?depth=x",
    "/balances?type=ASSET",
    "/transactions?order=amount",
    "/transactions?metadata=x",
    "/transactions?q=" + "_" * 30_000,
    "/transactions?account=" + "x" * 30_000,
    "/transactions?" + "&".join(f"metadata.k{number}=v" for number in range(1_500)),
]


@pytest.mark.parametrize("query", BAD_VALUES, ids=lambda query: query[:30])
def test_a_value_that_means_nothing_is_refused(library: TestApp, query: str) -> None:
    refused(send(library, "GET", LEDGER + query), "invalid_parameter")


UNREADABLE_TIMES = [
    "2026-02-30",
    "0000-01-01",
    "2026-13-01",
    "2026-1-5",
    "2026-01-05T10:00:00",
    "2026-01-05T25:00:00Z",
    "2026-01-05T10:00:00%2B24:00",
    "2026-01-05T10:00:00%2B02:60",
    "2026-01-05T10:00:00-00:99",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00%2B00:01",
    "yesterday",
    "",
    "1767571200",
    "%D9%A2%D9%A0%D9%A2%D9%A6-01-05",
]
TIMES = ["/transactions?from", "/transactions?to", "/balances?at", "/balances?known_at"]
TIMES += ["/accounts/assets:cash?at", "/accounts/assets:cash?known_at"]


@pytest.mark.parametrize("value", UNREADABLE_TIMES)
@pytest.mark.parametrize("parameter", TIMES)
def test_a_time_that_is_none_is_refused(library: TestApp, parameter: str, value: str) -> None:
    refused(send(library, "GET", f"{LEDGER}{parameter}={value}"), "invalid_parameter")


@pytest.mark.parametrize(
    "value", ["0001-01-01", "9999-12-31", "9999-12-31T23:59:59.999999Z", "2026-01-05t10:00:00z"]
)
@pytest.mark.parametrize("parameter", TIMES)
def test_a_time_at_the_edge_is_taken(library: TestApp, parameter: str, value: str) -> None:
    assert send(library, "GET", f"{LEDGER}{parameter}={value}").status_int == 200


MISSING = [
    ("/v1/ledgers/none", "ledger_not_found"),
    ("/v1/ledgers/none/accounts", "ledger_not_found"),
    ("/v1/ledgers/none/accounts/assets:cash", "ledger_not_found"),
    ("/v1/ledgers/none/transactions", "ledger_not_found"),
    ("/v1/ledgers/none/balances", "ledger_not_found"),
    ("/v1/ledgers/none/assets", "ledger_not_found"),
    (f"{LEDGER}/accounts/assets:none", "account_not_found"),
    (f"{LEDGER}/accounts/", "account_not_found"),
    (f"{LEDGER}/accounts/{'x' * 300}", "account_not_found"),
    (f"{LEDGER}/accounts/assets:", "account_not_found"),
    (f"{LEDGER}/transactions/01234567-89ab-7def-8123-456789abcdef", "transaction_not_found"),
    (f"{LEDGER}/transactions/none", "transaction_not_found"),
    ("/v1/ledgers/none/holds", "ledger_not_found"),
    (f"{LEDGER}/holds/01234567-89ab-7def-8123-456789abcdef", "hold_not_found"),
    (f"{LEDGER}/holds/none", "hold_not_found"),
    (f"{LEDGER}/transactions/{'1' * 400}", "transaction_not_found"),
]


@pytest.mark.parametrize(("url", "code"), MISSING, ids=lambda value: value[:50])
def test_what_is_not_there_is_named(library: TestApp, url: str, code: str) -> None:
    refused(send(library, "GET", url), code)


@pytest.mark.parametrize("spelling", ["{{{}}}", "urn:uuid:{}", "{} ", "%20{}", "-{}"])
@pytest.mark.parametrize(
    ("list_", "code"), [("transactions", "transaction_not_found"), ("holds", "hold_not_found")]
)
def test_a_thing_has_one_address(library: TestApp, list_: str, code: str, spelling: str) -> None:
    known = send(library, "GET", f"{LEDGER}/{list_}").json["data"][0]["id"]
    assert send(library, "GET", f"{LEDGER}/{list_}/{known.upper()}").status_int == 200
    for given in (spelling.format(known), known.replace("-", "")):
        refused(send(library, "GET", f"{LEDGER}/{list_}/{given}"), code)


def test_what_is_in_another_ledger_is_not_in_this_one(library: TestApp) -> None:
    transaction = send(library, "GET", f"{LEDGER}/transactions").json["data"][0]
    url = f"/v1/ledgers/strict/transactions/{transaction['id']}"
    refused(send(library, "GET", url), "transaction_not_found")
    refused(send(library, "PATCH", url, {"metadata": {}}), "transaction_not_found")
    refused(send(library, "GET", "/v1/ledgers/strict/accounts/assets:cash"), "account_not_found")
    hold = send(library, "GET", f"{LEDGER}/holds").json["data"][0]
    url = f"/v1/ledgers/strict/holds/{hold['id']}"
    refused(send(library, "GET", url), "hold_not_found")
    for step in ("capture", "void"):
        refused(send(library, "POST", f"{url}/{step}"), "hold_not_found")
