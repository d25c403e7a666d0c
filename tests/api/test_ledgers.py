"""Ledgers and assets: making them, listing them, changing them."""

from __future__ import annotations

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, get, refused, send, send_ok, transfer


def test_a_ledger_is_found_at_its_location(app: TestApp) -> None:
    body = {
        "name": "home",
        "description": "Ours",
        "strict_accounts": True,
        "assets": [{"code": "EUR", "scale": 2, "name": "Euro"}, {"code": "X/1", "scale": 18}],
        "metadata": {"a": "b"},
    }
    made = send(app, "POST", "/v1/ledgers", body)
    assert made.status_int == 201
    assert made.headers["Location"].endswith("/v1/ledgers/home")
    assert send_ok(app, "GET", "/v1/ledgers/home") == made.json
    assert made.json.pop("created_at").endswith("Z")
    expected = {name: body[name] for name in ("name", "description", "strict_accounts", "metadata")}
    assert {name: made.json[name] for name in expected} == expected
    assets = send_ok(app, "GET", "/v1/ledgers/home/assets")["data"]
    shown = [(each["code"], each["scale"], each["name"]) for each in assets]
    assert shown == [("EUR", 2, "Euro"), ("X/1", 18, None)]


def test_a_name_of_the_pattern_is_taken(app: TestApp) -> None:
    for name in ("a", "0", "a-b_c", "9" * 63):
        assert send_ok(app, "POST", "/v1/ledgers", {"name": name}, 201)["name"] == name


@pytest.mark.parametrize("name", ["", "A", "-a", "_a", "a b", "a/b", "é", "a\n", "a" * 64, "\uff11"])
def test_any_other_name_is_refused(library: TestApp, name: str) -> None:
    refused(send(library, "POST", "/v1/ledgers", {"name": name}), "invalid_request", "/name")


BAD = [
    ({"name": "books"}, "ledger_exists", "/name"),
    (
        {"name": "new", "assets": [{"code": "A", "scale": 1}, {"code": "B", "scale": 19}]},
        "invalid_request",
        "/assets/1/scale",
    ),
    ({"name": "new", "assets": [{"code": "A B", "scale": 1}]}, "invalid_request", "/assets/0/code"),
    (
        {"name": "new", "assets": [{"code": "A", "scale": 1}, {"code": "A", "scale": 2}]},
        "asset_exists",
        "/assets/1/code",
    ),
    ({"name": "new", "assets": [{"code": "A", "scale": "2"}]}, "invalid_request", "/assets/0/scale"),
    ({"name": "new", "strict_accounts": "yes"}, "invalid_request", "/strict_accounts"),
    ({"name": "new", "metadata": {"a": None}}, "invalid_request", "/metadata"),
]


@pytest.mark.parametrize(("body", "code", "pointer"), BAD)
def test_a_refused_ledger_is_not_made(library: TestApp, body: object, code: str, pointer: str) -> None:
    refused(send(library, "POST", "/v1/ledgers", body), code, pointer)
    refused(send(library, "GET", "/v1/ledgers/new"), "ledger_not_found")


def test_a_change_merges_and_leaves_the_rest(app: TestApp) -> None:
    body = {"name": "home", "description": "Ours", "metadata": {"a": "1", "b": "2"}}
    send_ok(app, "POST", "/v1/ledgers", body, 201)
    changed = send_ok(app, "PATCH", "/v1/ledgers/home", {"metadata": {"a": None, "c": "3"}})
    assert (changed["description"], changed["metadata"]) == ("Ours", {"b": "2", "c": "3"})
    changed = send_ok(app, "PATCH", "/v1/ledgers/home", {"description": "Yours", "strict_accounts": True})
    assert (changed["description"], changed["strict_accounts"]) == ("Yours", True)
    assert changed["metadata"] == {"b": "2", "c": "3"}
    assert send_ok(app, "GET", "/v1/ledgers/home") == changed


def test_a_ledger_made_strict_opens_no_more_accounts(books: TestApp) -> None:
    send_ok(books, "PATCH", LEDGER, {"strict_accounts": True})
    refused(send(books, "POST", f"{LEDGER}/transactions", transfer()), "unknown_account")
    send_ok(books, "PATCH", LEDGER, {"strict_accounts": False})
    send_ok(books, "POST", f"{LEDGER}/transactions", transfer(), 201)


def test_a_name_never_changes(library: TestApp) -> None:
    refused(send(library, "PATCH", LEDGER, {"name": "other"}), "invalid_request", "/name")
    refused(send(library, "PATCH", "/v1/ledgers/none", {}), "ledger_not_found")


def test_the_root_links_and_tells_the_version(library: TestApp) -> None:
    root = send_ok(library, "GET", "/v1")
    assert root["version"]
    for url in root["links"].values():
        assert send(library, "GET", url).status_int == 200


def test_an_asset_is_declared_once(books: TestApp) -> None:
    codes = ["EUR", "x", "€", "A" * 32, "US-500/x%y:z", "比特币"]
    for scale, code in enumerate(codes, start=18 - len(codes) + 1):
        body = {"code": code, "scale": scale, "name": "It"}
        made = send_ok(books, "POST", f"{LEDGER}/assets", body, 201)
        assert made.pop("created_at").endswith("Z")
        assert made == body
        refused(send(books, "POST", f"{LEDGER}/assets", {**body, "scale": 5}), "asset_exists", "/code")
        listed = {each["code"]: each["scale"] for each in get(books, "/assets")["data"]}
        assert listed[code] == scale


BAD_ASSETS = [
    ({"code": "", "scale": 2}, "/code"),
    ({"code": "A B", "scale": 2}, "/code"),
    ({"code": "A\u00a0B", "scale": 2}, "/code"),
    ({"code": "A'", "scale": 2}, "/code"),
    ({"code": 'A"', "scale": 2}, "/code"),
    ({"code": "A\n", "scale": 2}, "/code"),
    ({"code": "A", "scale": -1}, "/scale"),
    ({"code": "A", "scale": 19}, "/scale"),
    ({"code": "A", "scale": 10**30}, "/scale"),
    ({"code": "A", "scale": 1.5}, "/scale"),
    ({"code": "A", "scale": True}, "/scale"),
    ({"code": "A", "scale": None}, "/scale"),
]


@pytest.mark.parametrize(("body", "pointer"), BAD_ASSETS)
def test_an_asset_that_breaks_its_rules_is_refused(library: TestApp, body: object, pointer: str) -> None:
    refused(send(library, "POST", f"{LEDGER}/assets", body), "invalid_request", pointer)
    refused(send(library, "POST", "/v1/ledgers/none/assets", {"code": "A", "scale": 1}), "ledger_not_found")


def test_the_health_of_the_service_is_told(library: TestApp) -> None:
    assert send_ok(library, "GET", "/healthz") == {"status": "ok"}
    ready = send_ok(library, "GET", "/readyz")
    assert ready["status"] == "ok"
    assert all(ready["checks"].values())
