"""The same key and the same request: the first answer again, and one change."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, account_url, get, post, refused, send, send_ok, transfer
from tests.api.conftest import everything
from tests.ledger.threads import at_once

THREADS = 16
KEY = {"Idempotency-Key": "once"}
POSTS: dict[str, tuple[str, Any, Any]] = {
    "ledger": ("/v1/ledgers", {"name": "home", "assets": [{"code": "EUR", "scale": 2}]}, {"name": "other"}),
    "asset": (f"{LEDGER}/assets", {"code": "EUR", "scale": 2}, {"code": "EUR", "scale": 3}),
    "account": (f"{LEDGER}/accounts", {"path": "assets:a", "metadata": {"b": "c"}}, {"path": "assets:b"}),
    "transaction": (f"{LEDGER}/transactions", transfer(reference="r"), transfer(amount="1.00")),
    "reversal": (f"{LEDGER}/transactions/{{id}}/reverse", {"description": "x"}, {}),
    "import": (f"{LEDGER}/import?format=hledger-json", b"[]", None),
}
JSON_POSTS = {name: given for name, given in POSTS.items() if name != "import"}


def filled(app: TestApp, url: str) -> str:
    """Return the address with the id of a transaction in its place; one is posted where there is none."""
    if "{id}" not in url:
        return url
    there = get(app, "/transactions")["data"] or [post(app)]
    return url.replace("{id}", there[0]["id"])


@pytest.mark.parametrize(("url", "body", "other"), JSON_POSTS.values(), ids=JSON_POSTS)
def test_a_repeated_request_is_answered_again_and_done_once(
    books: TestApp, url: str, body: Any, other: Any
) -> None:
    url = filled(books, url)
    first = send(books, "POST", url, body, headers=KEY)
    assert first.status_int == 201
    assert "Idempotency-Replayed" not in first.headers
    after = everything(books)
    again = send(books, "POST", url, body, headers=KEY)
    assert (again.status_int, again.body) == (201, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers.get("Location") == first.headers.get("Location")
    refused(send(books, "POST", url, other, headers=KEY), "idempotency_key_reused")
    assert everything(books) == after


@pytest.mark.parametrize(("url", "body", "other"), JSON_POSTS.values(), ids=JSON_POSTS)
def test_sixteen_deliveries_at_once_are_one(books: TestApp, url: str, body: Any, other: Any) -> None:
    url = filled(books, url)

    def deliver(number: int) -> tuple[int, bytes, bool]:
        answer = send(TestApp(books.app), "POST", url, body, headers=KEY)
        return answer.status_int, answer.body, "Idempotency-Replayed" in answer.headers

    answers = at_once(THREADS, deliver)
    assert {(status, body) for status, body, _ in answers} == {(201, answers[0][1])}
    assert sorted(replayed for _, _, replayed in answers) == [False] + [True] * (THREADS - 1)
    if url.endswith("/transactions"):
        assert len(get(books, "/transactions")["data"]) == 1
        assert get(books, "/accounts/assets:cash")["balances"]["USD"]["version"] == 1


def test_a_spelling_of_the_same_json_is_the_same_request(books: TestApp) -> None:
    url = f"{LEDGER}/accounts"
    first = send(books, "POST", url, b'{"path": "assets:a", "type": "asset"}', headers=KEY)
    again = send(books, "POST", url, b'{"type":"asset","path":"assets:\\u0061"}\n', headers=KEY)
    assert (again.status_int, again.body) == (first.status_int, first.body) == (201, first.body)


def test_a_replay_is_the_first_answer_though_the_thing_has_changed_since(books: TestApp) -> None:
    first = send(books, "POST", f"{LEDGER}/transactions", transfer(metadata={"a": "b"}), headers=KEY)
    send_ok(books, "PATCH", f"{LEDGER}/transactions/{first.json['id']}", {"metadata": {"a": "c"}})
    send_ok(books, "PATCH", account_url("assets:cash"), {"status": "closed"})
    send_ok(books, "PATCH", LEDGER, {"strict_accounts": True})
    again = send(books, "POST", f"{LEDGER}/transactions", transfer(metadata={"a": "b"}), headers=KEY)
    assert (again.status_int, again.body) == (201, first.body)


def test_a_key_belongs_to_its_ledger(books: TestApp) -> None:
    assets = [{"code": "USD", "scale": 2}]
    send(books, "POST", "/v1/ledgers", {"name": "home", "assets": assets}, headers=KEY)
    ids = {
        send(books, "POST", f"/v1/ledgers/{name}/transactions", transfer(), headers=KEY).json["id"]
        for name in ("books", "home")
    }
    assert len(ids) == 2


def test_one_key_for_two_kinds_of_request_is_reused(books: TestApp) -> None:
    send(books, "POST", f"{LEDGER}/transactions", transfer(), headers=KEY)
    refused(
        send(books, "POST", f"{LEDGER}/accounts", {"path": "assets:a"}, headers=KEY), "idempotency_key_reused"
    )
    refused(
        send(books, "POST", f"{LEDGER}/assets", {"code": "X", "scale": 1}, headers=KEY),
        "idempotency_key_reused",
    )
    assert "assets:a" not in str(get(books, "/accounts"))


REFUSED_ANYWAY = {
    "unbalanced": {"postings": [*transfer()["postings"], {"account": "a", "asset": "USD", "amount": "1"}]},
    "no postings": {"postings": []},
    "a number of decimals": transfer(amount="1.234"),
    "an asset": transfer() | {"postings": [{**each, "asset": "X"} for each in transfer()["postings"]]},
    "an account": transfer("nowhere"),
    "a frozen account": transfer("assets:frozen"),
    "a reference": transfer(reference="taken"),
    "a description": transfer(description="x" * 10_001),
}


@pytest.mark.parametrize("other", REFUSED_ANYWAY.values(), ids=REFUSED_ANYWAY)
def test_a_reused_key_is_told_whatever_else_is_wrong(books: TestApp, other: Any) -> None:
    send_ok(books, "POST", f"{LEDGER}/accounts", {"path": "assets:frozen"}, 201)
    send_ok(books, "PATCH", account_url("assets:frozen"), {"status": "frozen"})
    post(books, reference="taken")
    url = f"{LEDGER}/transactions"
    code = refused(send(books, "POST", url, other, headers=KEY), send(books, "POST", url, other).json["code"])
    assert code["code"] != "idempotency_key_reused"
    assert send(books, "POST", url, transfer(), headers=KEY).status_int == 201
    after = everything(books)
    refused(send(books, "POST", url, other, headers=KEY), "idempotency_key_reused")
    assert everything(books) == after


@pytest.mark.parametrize("key", ["!", "~" * 255, "a-b_c:d/e", '"quoted"'])
def test_visible_ascii_is_a_key(books: TestApp, key: str) -> None:
    headers = {"Idempotency-Key": key}
    answers = [send(books, "POST", f"{LEDGER}/transactions", transfer(), headers=headers) for _ in range(2)]
    assert answers[0].body == answers[1].body


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "caf\xe9", "a\tb"])
@pytest.mark.parametrize(("url", "body", "other"), POSTS.values(), ids=POSTS)
def test_anything_else_is_no_key(library: TestApp, url: str, body: Any, other: Any, key: str) -> None:
    answer = send(library, "POST", filled(library, url), body, headers={"Idempotency-Key": key})
    refused(answer, "invalid_parameter")


JOURNAL = b"""
2026-01-01 open Assets:A
2026-01-01 open Equity:B
2026-01-05 * "Begin"
  Assets:A   1.00 USD
  Equity:B  -1.00 USD
"""


def test_an_import_is_replayed_whatever_its_body_claims_to_be(books: TestApp) -> None:
    for media_type in ("text/plain", "application/json"):
        headers = {"Idempotency-Key": media_type}
        url = f"{LEDGER}/import?format=beancount"
        answers = [
            send(books, "POST", url, JOURNAL, content_type=media_type, headers=headers) for _ in range(2)
        ]
        assert [answer.status_int for answer in answers] == [201, 201], answers[0].body
        assert answers[0].body == answers[1].body
    assert len(get(books, "/transactions")["data"]) == 2
