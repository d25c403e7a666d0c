"""Batches over REST: both modes, their answers, what they refuse and how they say which item it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from webtest import TestApp, TestResponse

from myapp.ledger.batches import ITEMS_MAX
from tests.api.client import LEDGER, get, post, refused, send, send_ok, transfer
from tests.api.conftest import everything
from tests.apps import close, make_app
from tests.databases import Database

URL = f"{LEDGER}/transactions/batch"
MODES = ("atomic", "each")


def batch(app: TestApp, mode: str, items: list[Any], **options: Any) -> TestResponse:
    return send(app, "POST", URL, {"mode": mode, "transactions": items}, **options)


def results(app: TestApp, mode: str, items: list[Any]) -> list[Any]:
    """Return the results of a batch that is answered as its mode's success."""
    answer = batch(app, mode, items)
    assert answer.status_int == (201 if mode == "atomic" else 200), answer.body
    assert answer.json.keys() == {"results"}
    assert len(answer.json["results"]) == len(items)
    return list(answer.json["results"])


@pytest.mark.parametrize("mode", MODES)
def test_each_transaction_is_answered_as_it_can_be_read(books: TestApp, mode: str) -> None:
    items = [
        transfer(reference="a", description="Lunch", effective_at="2026-01-05", metadata={"trip": "berlin"}),
        transfer("assets:bank", "equity:opening", "7.00"),
        transfer(),
    ]
    found = results(books, mode, items)
    assert [each["status"] for each in found] == [201, 201, 201]
    made = [each["transaction"] for each in found]
    assert made == [get(books, f"/transactions/{each['id']}") for each in made]
    assert [each["id"] for each in get(books, "/transactions")["data"]] == [each["id"] for each in made[::-1]]
    assert (made[0]["effective_at"], made[0]["metadata"]) == ("2026-01-05T00:00:00Z", {"trip": "berlin"})
    assert made[1]["effective_at"] == made[2]["effective_at"]
    assert [posting["version"] for posting in made[2]["postings"]] == [2, 2]


def test_a_batch_is_no_resource_of_its_own(books: TestApp) -> None:
    assert "Location" not in batch(books, "atomic", [transfer()]).headers


@pytest.mark.parametrize("mode", MODES)
def test_one_account_many_times_counts_on(books: TestApp, mode: str) -> None:
    found = results(books, mode, [transfer(amount="1.00") for _ in range(30)])
    cash = [each["transaction"]["postings"][1] for each in found]
    assert [(each["balance"], each["version"]) for each in cash] == [
        (f"-{number}.00", number) for number in range(1, 31)
    ]


WRONG: dict[str, tuple[Any, str, str | None]] = {
    "number": (
        transfer() | {"postings": [{"account": "a", "asset": "USD", "amount": 1}, transfer()["postings"][1]]},
        "invalid_amount",
        "/postings/0/amount",
    ),
    "zero": (transfer(amount="0"), "invalid_amount", "/postings/0/amount"),
    "unbalanced": ({"postings": transfer()["postings"][:1] * 2}, "unbalanced", "/postings"),
    "one posting": ({"postings": transfer()["postings"][:1]}, "invalid_request", "/postings"),
    "no postings": ({}, "invalid_request", "/postings"),
    "unknown field": (transfer(dry_run=True), "invalid_request", "/dry_run"),
    "no object": (3, "invalid_request", ""),
    "bad time": (transfer(effective_at="soon"), "invalid_request", "/effective_at"),
    "bad metadata": (transfer(metadata={"a": 1}), "invalid_request", "/metadata"),
    "bad key": (transfer(idempotency_key="a b"), "invalid_request", "/idempotency_key"),
    "key of another type": (transfer(idempotency_key=7), "invalid_request", "/idempotency_key"),
    "unknown asset": (
        {"postings": [{**each, "asset": "XYZ"} for each in transfer()["postings"]]},
        "unknown_asset",
        "/postings/0/asset",
    ),
    "unknown account": (transfer("nowhere"), "unknown_account", None),
    "reference": (transfer(reference="taken"), "reference_exists", "/reference"),
    "frozen": (transfer("assets:frozen"), "account_frozen", None),
    "closed": (transfer("assets:closed"), "account_closed", None),
    "funds": (transfer("expenses:food", "assets:empty"), "insufficient_funds", None),
    "limit": (transfer("assets:empty", "assets:cash"), "limit_exceeded", None),
}


@pytest.mark.parametrize(("item", "code", "pointer"), WRONG.values(), ids=WRONG)
def test_an_atomic_batch_is_refused_as_its_first_bad_item(
    library: TestApp, item: Any, code: str, pointer: str | None
) -> None:
    at = None if pointer is None else f"/transactions/2{pointer}"
    document = refused(batch(library, "atomic", [transfer(), transfer(), item, {}, transfer()]), code, at)
    assert document["index"] == 2
    if code in ("insufficient_funds", "limit_exceeded"):
        assert document["account"] == "assets:empty"
        assert document.keys() >= {"asset", "limit", "available", "requested"}


@pytest.mark.parametrize(("item", "code", "pointer"), WRONG.values(), ids=WRONG)
def test_each_item_stands_alone(
    books: TestApp, library: TestApp, item: Any, code: str, pointer: str | None
) -> None:
    for path in ("assets:frozen", "assets:closed"):
        send_ok(books, "POST", f"{LEDGER}/accounts", {"path": path}, 201)
        send_ok(books, "PATCH", f"{LEDGER}/accounts/{path}", {"status": path.rpartition(":")[2]})
    limited = {"path": "assets:empty", "limits": {"USD": {"min": "0", "max": "5"}}}
    send_ok(books, "POST", f"{LEDGER}/accounts", limited, 201)
    post(books, reference="taken")
    found = results(books, "each", [transfer(), item, transfer(), item])
    assert [each["status"] < 300 for each in found] == [True, False, True, False]
    alone = send(library, "POST", f"{LEDGER}/transactions", item).json
    for index in (1, 3):
        problem = found[index]["problem"]
        assert (problem["code"], problem["status"]) == (code, found[index]["status"])
        assert problem["index"] == index
        pointers = [error["pointer"] for error in problem.get("errors", [])]
        assert pointers == ([] if pointer is None else [f"/transactions/{index}{pointer}"])
        # But for its key, which has another place there, an item is refused as it would be alone.
        if not (pointer or "").endswith("_key"):
            passing = {"request_id", "index", "errors"}
            assert {name: each for name, each in problem.items() if name not in passing} == {
                name: each for name, each in alone.items() if name not in passing
            }
    assert get(books, "/accounts/assets:cash")["balances"]["USD"]["version"] == 3


def test_what_was_available_at_that_point_is_told(books: TestApp) -> None:
    limited = {"path": "assets:till", "limits": {"USD": {"min": "0"}}}
    send_ok(books, "POST", f"{LEDGER}/accounts", limited, 201)
    bring, take = (
        transfer("assets:till", "equity:x", "10.00"),
        transfer("expenses:food", "assets:till", "7.00"),
    )
    document = refused(batch(books, "atomic", [bring, take, take, bring, take]), "insufficient_funds")
    shown = {name: document[name] for name in ("index", "account", "limit", "available", "requested")}
    assert shown == {
        "index": 2,
        "account": "assets:till",
        "limit": "0.00",
        "available": "3.00",
        "requested": "7.00",
    }
    found = results(books, "each", [take, bring, take, take, bring, take])
    assert [each["status"] for each in found] == [422, 201, 201, 422, 201, 201]
    assert [found[index]["problem"]["available"] for index in (0, 3)] == ["0.00", "3.00"]


def test_a_refused_batch_keeps_nothing(books: TestApp) -> None:
    post(books)
    before = everything(books)
    items = [transfer("assets:new", "income:new"), transfer(reference="r"), transfer(reference="r")]
    document = refused(batch(books, "atomic", items), "reference_exists", "/transactions/2/reference")
    assert document["index"] == 2
    assert everything(books) == before


def test_a_reference_occurs_once_in_a_batch_too(books: TestApp) -> None:
    found = results(books, "each", [transfer(reference="r"), transfer(reference="r"), transfer()])
    assert [each["status"] for each in found] == [201, 409, 201]
    # The reference of a refused item is free.
    found = results(books, "each", [transfer("nowhere", reference="s"), transfer(reference="s")])
    assert [each["status"] for each in found] == [422, 201]


@pytest.mark.parametrize("mode", MODES)
def test_a_strict_ledger_opens_nothing(library: TestApp, mode: str) -> None:
    body = {"mode": mode, "transactions": [transfer("assets:a", "assets:b")]}
    answer = send(library, "POST", "/v1/ledgers/strict/transactions/batch", body)
    problem = answer.json["results"][0]["problem"] if mode == "each" else refused(answer, "unknown_account")
    assert (problem["code"], problem["index"], problem["account"]) == ("unknown_account", 0, "assets:a")


@pytest.mark.parametrize("mode", MODES)
def test_a_thousand_items_are_taken(books: TestApp, mode: str) -> None:
    items = [transfer(f"expenses:{number % 300}", amount="0.01") for number in range(ITEMS_MAX)]
    if mode == "each":
        items[500] = transfer(amount="0")
    found = results(books, mode, items)
    assert [each["status"] for each in found].count(201) == ITEMS_MAX - (mode == "each")
    assert get(books, "/balances?prefix=assets:cash")["totals"]["USD"] == (
        "-10.00" if mode == "atomic" else "-9.99"
    )


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"mode": "atomic", "transactions": []}, "/transactions"),
        ({"mode": "each", "transactions": [{}] * (ITEMS_MAX + 1)}, "/transactions"),
        ({"mode": "each", "transactions": {}}, "/transactions"),
        ({"mode": "each"}, "/transactions"),
        ({"transactions": [{}]}, "/mode"),
        ({"mode": "some", "transactions": [{}]}, "/mode"),
        ({"mode": None, "transactions": [{}]}, "/mode"),
        ({"mode": "each", "transactions": [{}], "dry_run": True}, "/dry_run"),
        ([], ""),
    ],
)
def test_a_body_that_is_no_batch_is_refused(library: TestApp, body: Any, pointer: str) -> None:
    refused(send(library, "POST", URL, body), "invalid_request", pointer)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "inside", ['"reference": "a", "reference": "a"', '"x": NaN', '"x": "\\ud800"', '"x"']
)
def test_what_is_no_json_anywhere_is_refused_whole(library: TestApp, mode: str, inside: str) -> None:
    body = f'{{"mode": "{mode}", "transactions": [{json.dumps(transfer())}, {{{inside}}}]}}'
    refused(send(library, "POST", URL, body.encode()), "malformed_json")


def test_a_batch_has_no_dry_run(library: TestApp) -> None:
    body = {"mode": "each", "transactions": [transfer()]}
    document = refused(send(library, "POST", f"{URL}?dry_run=1", body), "invalid_parameter")
    assert document["parameter"] == "dry_run"


@pytest.mark.parametrize("mode", MODES)
def test_a_ledger_that_is_not_there_is_told_for_the_whole(library: TestApp, mode: str) -> None:
    body = {"mode": mode, "transactions": [transfer(), 3]}
    refused(send(library, "POST", "/v1/ledgers/none/transactions/batch", body), "ledger_not_found")


def test_more_assets_than_can_be_asked_for_are_unknown(library: TestApp) -> None:
    legs = [{"account": "assets:a", "asset": f"A{number}", "amount": "1"} for number in range(40_000)]
    document = refused(
        batch(library, "atomic", [transfer(), {"postings": legs}]),
        "unknown_asset",
        "/transactions/1/postings/0/asset",
    )
    assert document["index"] == 1


def test_the_limit_of_a_batchs_body_is_its_own(database: Database) -> None:
    app = make_app(database, **{"myapp.batch_bytes_max": "2000", "myapp.body_bytes_max": "1000"})
    send_ok(app, "POST", "/v1/ledgers", {"name": "books", "assets": [{"code": "USD", "scale": 2}]}, 201)
    body = json.dumps({"mode": "atomic", "transactions": [transfer()]}).encode()
    send_ok(app, "POST", URL, body.ljust(2000), 201)
    refused(send(app, "POST", URL, body.ljust(2001)), "body_too_large")
    refused(send(app, "POST", f"{LEDGER}/transactions", body.ljust(1001)), "body_too_large")
    close(app)
