"""How these tests speak to the API: short calls, and the shape that every refusal must have."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from webtest import TestApp, TestResponse

from myapp.api.route import Route
from myapp.api.rows import LEDGER as LEDGER_PATH
from myapp.http.errors import STATUS
from tests.api.conformance import conforms

LEDGER = "/v1/ledgers/books"
MEMBERS = {"type", "title", "status", "code", "detail", "request_id"}
REQUEST_ID = "X-Request-Id"
# What the placeholders of a path stand for; each of them exists in the library.
VALUES = {"ledger": "books", "path:.*": "assets:cash", "id": "{id}", "key": "{key}", "hold": "{hold}"}

# What a path must be asked for to answer at all.
QUERIES = {
    f"{LEDGER_PATH}/statement": "?account=assets:cash&asset=USD",
    f"{LEDGER_PATH}/export": "?format=hledger",
}


def send(app: TestApp, method: str, url: str, body: Any = None, **options: Any) -> TestResponse:
    """Send any request; a body that is not bytes yet is sent as JSON. The answer is held to the document."""
    if body is not None:
        options["body"] = body if isinstance(body, bytes) else json.dumps(body).encode()
        options.setdefault("content_type", "application/json")
    answer = app.request(url, method=method, expect_errors=True, **options)
    conforms(answer)
    return answer


def transfer(
    debit: str = "expenses:food", credit: str = "assets:cash", amount: str = "12.50", **more: Any
) -> dict[str, Any]:
    """Return the body of a transaction of two postings in USD."""
    postings = [
        {"account": debit, "asset": "USD", "amount": amount},
        {"account": credit, "asset": "USD", "amount": "-" + amount},
    ]
    return {"postings": postings, **more}


def post(app: TestApp, *arguments: str, **more: Any) -> Any:
    """Post a transfer and return the transaction."""
    return send_ok(app, "POST", f"{LEDGER}/transactions", transfer(*arguments, **more), 201)


def send_ok(app: TestApp, method: str, url: str, body: Any = None, status: int = 200) -> Any:
    """Send a request that succeeds, and return what it is answered with."""
    answer = send(app, method, url, body)
    assert answer.status_int == status, answer.body
    assert answer.content_type == "application/json"
    assert answer.headers[REQUEST_ID]
    return answer.json


def get(app: TestApp, url: str) -> Any:
    """Read something of the ledger."""
    return send_ok(app, "GET", LEDGER + url)


def account_url(path: str) -> str:
    """Return the address of an account."""
    return f"{LEDGER}/accounts/{quote(path, safe='')}"


def refused(answer: TestResponse, code: str, pointer: str | None = None) -> Any:
    """Return the problem document, once it is one with this code, and with this pointer."""
    assert answer.content_type == "application/problem+json", answer.body
    document = answer.json
    assert document["code"] == code, document
    assert document.keys() >= MEMBERS
    assert (answer.status_int, document["status"]) == (STATUS[code], STATUS[code])
    assert answer.headers[REQUEST_ID] == document["request_id"]
    assert all(isinstance(document[name], str) for name in MEMBERS - {"status"})
    assert document["title"]
    assert document["detail"]
    if pointer is not None:
        assert [error["pointer"] for error in document["errors"]] == [pointer]
        assert all(error["message"] for error in document["errors"])
    return document


def all_pages(app: TestApp, url: str, limit: int) -> list[Any]:
    """Return the items of a list, read page by page, none of them over its limit."""
    items: list[Any] = []
    page = send_ok(app, "GET", f"{url}{'&' if '?' in url else '?'}limit={limit}")
    while True:
        assert len(page["data"]) <= limit
        items += page["data"]
        if page["next"] is None:
            return items
        assert page["data"]
        asked = f"{url}{'&' if '?' in url else '?'}limit={limit}&cursor={quote(page['next'])}"
        page = send_ok(app, "GET", asked)


def address(app: TestApp, path: str) -> str:
    """Return the address of a route with its placeholders filled, each by something that exists."""
    filled = re.sub(r"\{([^}]*)\}", lambda match: VALUES[match[1]], path)
    return re.sub(r"\{(id|key|hold)\}", lambda match: _existing(app, match[1]), filled)


# Where one of each is found.
_LISTS = {"id": f"{LEDGER}/transactions", "key": "/v1/keys", "hold": f"{LEDGER}/holds"}


def _existing(app: TestApp, placeholder: str) -> str:
    return str(send_ok(app, "GET", _LISTS[placeholder])["data"][0]["id"])


def name(route: Route) -> str:
    """Return what a test of this route is called."""
    return f"{route.method} {route.path}"


def padded(time: str) -> str:
    """Return a time with all six decimals, so that texts compare as times do."""
    whole, _, fraction = time.removesuffix("Z").partition(".")
    return f"{whole}.{fraction.ljust(6, '0')}"
