"""A request for every route of the ledger's API, and the books that they need."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from myapp.api.route import Route
from myapp.api.routes import ROUTES
from myapp.api.rows import ACCOUNT, LEDGER
from tests.faults.stage import Exchange
from tests.interchange.imports import document, record

BOOKS = "/v1/ledgers/books"
KEY = {"Idempotency-Key": "once-only"}
# An API key with an id that is known beforehand, so that a request can name it.
KEY_ID = UUID("01980000-0000-7000-8000-000000000001")
SAFE = ("GET", "HEAD", "OPTIONS")

ASSETS = [{"code": "USD", "scale": 2}, {"code": "JPY", "scale": 0}]
JOURNAL = document(
    record(1250, other="assets:cash", commodity="USD"),
    record(900, account="expenses:books", other="assets:bank", commodity="USD"),
)


def _transfer(debit: str, credit: str, amount: str) -> dict[str, Any]:
    postings = [
        {"account": debit, "asset": "USD", "amount": amount},
        {"account": credit, "asset": "USD", "amount": f"-{amount}"},
    ]
    return {"postings": postings, "reference": f"{debit} {amount}", "metadata": {"trip": "berlin"}}


# Sent once, in this order, before anything fails.
PREPARATION: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/v1/ledgers", {"name": "books", "assets": ASSETS}),
    (f"{BOOKS}/accounts", {"path": "assets:cash", "limits": {"USD": {"max": "1000"}}}),
    (f"{BOOKS}/transactions", _transfer("expenses:food", "assets:cash", "5.00")),
    (f"{BOOKS}/holds", _transfer("expenses:rent", "assets:cash", "7.00")),
)
# The placeholder, in the paths of routes, of what each address makes.
PLACEHOLDERS = {f"{BOOKS}/transactions": "{id}", f"{BOOKS}/holds": "{hold}"}

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/v1/ledgers"): {"name": "others", "assets": ASSETS, "metadata": {"a": "b"}},
    ("PATCH", LEDGER): {"description": "changed", "metadata": {"a": "b"}},
    ("POST", LEDGER + "/assets"): {"code": "EUR", "scale": 2},
    ("POST", LEDGER + "/accounts"): {"path": "assets:bank:giro", "limits": {"USD": {"min": "0"}}},
    ("PATCH", ACCOUNT): {"limits": {"USD": {"max": "2000"}, "JPY": {"min": "0"}}, "metadata": {"a": "b"}},
    # One account is there already, with a balance; one is new, and so is the one above it.
    ("POST", LEDGER + "/transactions"): _transfer("expenses:travel:train", "assets:cash", "12.50"),
    ("POST", LEDGER + "/transactions/{id}/reverse"): {"description": "A mistake", "metadata": {"a": "b"}},
    ("POST", "/v1/keys"): {"name": "web", "scopes": ["read", "write"], "ledger": "books"},
    ("DELETE", "/v1/keys/{key}"): {},
    ("POST", LEDGER + "/holds"): {
        **_transfer("expenses:travel:hotel", "assets:cash", "80.00"),
        "expires_at": "9999-12-31",
    },
    ("POST", LEDGER + "/holds/{hold}/capture"): {
        "postings": _transfer("expenses:rent", "assets:cash", "3.00")["postings"]
    },
    ("POST", LEDGER + "/holds/{hold}/void"): {},
    # Each alone, because then a refusal does not end it: the second is refused, the fourth a replay.
    ("POST", LEDGER + "/transactions/batch"): {
        "mode": "each",
        "transactions": [
            {**_transfer("expenses:travel:train", "assets:cash", "12.50"), "idempotency_key": "first"},
            {**_transfer("assets:cash", "income:lottery", "5000.00"), "idempotency_key": "second"},
            _transfer("expenses:food", "assets:cash", "7.00"),
            {**_transfer("expenses:travel:train", "assets:cash", "12.50"), "idempotency_key": "first"},
        ],
    },
    ("PATCH", LEDGER + "/transactions/{id}"): {"metadata": {"trip": None, "a": "b"}},
}
TEXTS: dict[tuple[str, str], tuple[str, bytes, str]] = {
    ("POST", LEDGER + "/import"): ("?format=hledger-json", JOURNAL, "application/json"),
}
# What a route that only reads must be asked for to answer at all.
QUERIES = {
    LEDGER + "/statement": "?account=assets:cash&asset=USD&from=2026-01-01&to=2030-01-01",
    LEDGER + "/export": "?format=ndjson",
}

WRITING = tuple(route for route in ROUTES if route.method not in SAFE)
READING = tuple(route for route in ROUTES if route.method in SAFE)


def name(route: Route) -> str:
    """Return what a test of the route is called."""
    return f"{route.method} {route.path}"


def as_json(body: dict[str, Any]) -> bytes:
    """Return the body as it is sent."""
    return json.dumps(body).encode()


def exchange(route: Route, ids: Mapping[str, str], *, with_key: bool) -> Exchange:
    """Return a request of the route; every writing one must have an example above."""
    url = route.path.replace("{ledger}", "books").replace("{path:.*}", "assets:cash")
    for placeholder, value in ids.items():
        url = url.replace(placeholder, value)
    url = url.replace("{key}", str(KEY_ID))
    if route.method in SAFE:
        return Exchange(route.method, url + QUERIES.get(route.path, ""))
    takes_key = with_key and route.method == "POST"
    headers = KEY if takes_key else {}
    place = (route.method, route.path)
    if place in TEXTS:
        query, text, media_type = TEXTS[place]
        return Exchange(route.method, url + query, text, media_type, headers, takes_key)
    body = as_json(BODIES[place])
    return Exchange(route.method, url, body, "application/json", headers, takes_key)
