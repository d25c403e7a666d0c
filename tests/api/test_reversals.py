"""A reversal is the opposite transaction: linked both ways, made once, and refused like any other."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, account_url, get, padded, post, refused, send, send_ok, transfer
from tests.api.conftest import everything
from tests.ledger.threads import at_once

THREADS = 8


def url(transaction: dict[str, Any]) -> str:
    return f"{LEDGER}/transactions/{transaction['id']}/reverse"


def reverse(app: TestApp, transaction: dict[str, Any], **body: Any) -> Any:
    return send_ok(app, "POST", url(transaction), body or None, 201)


def read(app: TestApp, transaction: dict[str, Any]) -> Any:
    return get(app, f"/transactions/{transaction['id']}")


def opposite(amount: str) -> str:
    return amount.removeprefix("-") if amount.startswith("-") else f"-{amount}"


def shape(transaction: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each["account"], each["asset"], each["amount"]) for each in transaction["postings"]]


def nothing_moved(app: TestApp) -> bool:
    amounts = [amount for each in get(app, "/balances")["data"] for amount in each["balances"].values()]
    return all(not amount.strip("0.") for amount in amounts)


def test_a_reversal_restores_every_balance_and_is_linked_both_ways(books: TestApp) -> None:
    assets = [("expenses:food", "USD", "12.50"), ("assets:cash", "USD", "-10.00"), ("assets:a", "BTC", "-1")]
    # One account occurs twice, and there is a second asset: order and number of postings are kept.
    assets += [("assets:cash", "USD", "-2.50"), ("assets:b", "BTC", "1")]
    postings = [{"account": path, "asset": asset, "amount": amount} for path, asset, amount in assets]
    original = send_ok(books, "POST", f"{LEDGER}/transactions", {"postings": postings}, 201)
    answer = send(books, "POST", url(original))
    made = answer.json
    assert answer.status_int == 201
    assert answer.headers["Location"].endswith(f"{LEDGER}/transactions/{made['id']}")
    assert shape(made) == [(path, asset, opposite(amount)) for path, asset, amount in shape(original)]
    assert (made["kind"], made["reverses"], made["reversed_by"]) == ("reversal", original["id"], None)
    assert made == read(books, made)
    assert read(books, original) == {**original, "reversed_by": made["id"]}
    assert nothing_moved(books)
    assert [each["version"] for each in made["postings"]] == [2, 3, 2, 4, 2]


def test_a_reversal_says_what_it_reverses_and_takes_effect_now(books: TestApp) -> None:
    original = post(books, description="Lunch", effective_at="2020-01-01", metadata={"a": "b"})
    later = post(books, effective_at="2020-01-01")
    made = reverse(books, original)
    assert (made["description"], made["metadata"], made["reference"]) == ("Reversal of Lunch", {}, None)
    # Its time is that of the request, so it lies between those of two transactions recorded around it.
    after = post(books)
    times = [padded(later["recorded_at"]), padded(made["effective_at"]), padded(after["recorded_at"])]
    assert times == sorted(times)
    assert reverse(books, later)["description"] == f"Reversal of {later['id']}"


def test_a_reversal_is_what_its_body_says(books: TestApp) -> None:
    given = {"description": "Wrong account", "effective_at": "2020-01-02", "metadata": {"why": "typing"}}
    made = reverse(books, post(books, description="Lunch"), **given)
    assert made == {**made, **given, "effective_at": "2020-01-02T00:00:00Z"}
    assert reverse(books, post(books, description="Lunch"), description="")["description"] == ""


@pytest.mark.parametrize("body", [None, b"", {}, {"description": None, "effective_at": None}])
def test_there_need_be_no_body(books: TestApp, body: Any) -> None:
    original = post(books, description="Lunch")
    made = send_ok(books, "POST", url(original), body, 201)
    assert made["description"] == "Reversal of Lunch"


def test_the_longest_description_can_be_reversed(books: TestApp) -> None:
    made = reverse(books, post(books, description="x" * 10_000))
    assert made["description"] == ("Reversal of " + "x" * 10_000)[:10_000]


def test_a_transaction_is_reversed_once(books: TestApp) -> None:
    original = post(books)
    reverse(books, original)
    before = everything(books)
    refused(send(books, "POST", url(original)), "already_reversed")
    refused(send(books, "POST", url(original), {"description": "again"}), "already_reversed")
    assert everything(books) == before


def test_a_reversal_may_be_reversed_once_and_frees_nothing(books: TestApp) -> None:
    original = post(books)
    reversal = reverse(books, original)
    again = reverse(books, reversal)
    assert shape(again) == shape(original)
    assert (again["kind"], again["reverses"]) == ("reversal", reversal["id"])
    assert read(books, reversal)["reversed_by"] == again["id"]
    assert read(books, original)["reversed_by"] == reversal["id"]
    refused(send(books, "POST", url(reversal)), "already_reversed")
    refused(send(books, "POST", url(original)), "already_reversed")
    reverse(books, again)
    assert nothing_moved(books)


@pytest.mark.parametrize("id_", ["0197f3c2-0000-7000-8000-000000000000", "x", "0"])
def test_what_is_not_there_cannot_be_reversed(library: TestApp, id_: str) -> None:
    refused(send(library, "POST", f"{LEDGER}/transactions/{id_}/reverse"), "transaction_not_found")


def test_a_transaction_of_another_ledger_is_not_there(library: TestApp) -> None:
    (one, *_) = get(library, "/transactions")["data"]
    answer = send(library, "POST", f"/v1/ledgers/strict/transactions/{one['id']}/reverse")
    refused(answer, "transaction_not_found")


BAD = [
    ({"description": "\0"}, "/description"),
    ({"description": "x" * 10_001}, "/description"),
    ({"effective_at": "yesterday"}, "/effective_at"),
    ({"metadata": {"a": "\0"}}, "/metadata/a"),
    ({"postings": []}, "/postings"),
    ({"reference": "x"}, "/reference"),
]


@pytest.mark.parametrize(("body", "pointer"), BAD)
def test_a_bad_body_is_refused_where_it_is_bad(library: TestApp, body: Any, pointer: str) -> None:
    (one, *_) = get(library, "/transactions")["data"]
    refused(send(library, "POST", url(one), body), "invalid_request", pointer)


@pytest.mark.parametrize("status", ["frozen", "closed"])
@pytest.mark.parametrize("path", ["expenses:food", "assets:cash"])
def test_an_account_that_takes_no_postings_takes_no_reversal(books: TestApp, path: str, status: str) -> None:
    original = post(books)
    send_ok(books, "PATCH", account_url(path), {"status": status})
    before = everything(books)
    document = refused(send(books, "POST", url(original)), f"account_{status}")
    assert document["account"] == path
    assert everything(books) == before


def limited(app: TestApp, bound: str) -> dict[str, Any]:
    """Let `assets:purse` receive 5.00 and spend 2.00 of them, bounded from below or from above."""
    limits = {"USD": {"min": "0"}} if bound == "min" else {"USD": {"max": "5"}}
    send_ok(app, "POST", f"{LEDGER}/accounts", {"path": "assets:purse", "limits": limits}, 201)
    income, spent = ("assets:purse", "equity:x", "5.00"), ("expenses:food", "assets:purse", "2.00")
    (first, second) = (income, spent) if bound == "min" else (spent, income)
    made = post(app, *first)
    if bound == "max":
        post(app, "assets:purse", "equity:x", "2.00")
    post(app, *second)
    return made


REFUSED = {
    "min": ("insufficient_funds", {"limit": "0.00", "available": "3.00", "requested": "5.00"}),
    "max": ("limit_exceeded", {"limit": "5.00", "available": "5.00", "requested": "2.00"}),
}


@pytest.mark.parametrize("bound", REFUSED)
def test_a_limit_refuses_a_reversal_as_it_refuses_any_posting(books: TestApp, bound: str) -> None:
    original = limited(books, bound)
    before = everything(books)
    document = refused(send(books, "POST", url(original)), REFUSED[bound][0])
    assert document.items() >= {"account": "assets:purse", "asset": "USD", **REFUSED[bound][1]}.items()
    assert everything(books) == before


def test_what_was_reversed_is_told_even_where_the_totals_have_no_room_for_more(books: TestApp) -> None:
    original = post(books, "assets:a", "equity:b", "92233720368547758.07")
    reverse(books, original)
    refused(send(books, "POST", url(original)), "already_reversed")


def test_a_strict_ledger_reverses_too(books: TestApp) -> None:
    original = post(books)
    send_ok(books, "PATCH", LEDGER, {"strict_accounts": True})
    reverse(books, original)


@pytest.mark.parametrize("limits", [{}, {"USD": {"min": "0"}}])
def test_of_reversals_at_once_exactly_one_wins(books: TestApp, limits: Any) -> None:
    # With the limit, those that come late also find the account empty; that must not hide why.
    send_ok(books, "POST", f"{LEDGER}/accounts", {"path": "assets:purse", "limits": limits}, 201)
    for _ in range(5):
        original = post(books, "assets:purse", "equity:x", "5.00")

        def deliver(number: int, address: str = url(original)) -> tuple[int, Any]:
            answer = send(
                TestApp(books.app), "POST", address, headers={"Idempotency-Key": f"{address}{number}"}
            )
            return answer.status_int, answer.json

        answers = at_once(THREADS, deliver)
        won = [document for status, document in answers if status == 201]
        lost = [document["code"] for status, document in answers if status != 201]
        assert len(won) == 1
        assert lost == ["already_reversed"] * (THREADS - 1)
        assert read(books, original)["reversed_by"] == won[0]["id"]
    assert nothing_moved(books)


def test_the_same_reversal_delivered_again_is_answered_as_at_first(books: TestApp) -> None:
    original, key = post(books), {"Idempotency-Key": "once"}
    first = send(books, "POST", url(original), headers=key)
    reverse(books, first.json)
    send_ok(books, "PATCH", f"{LEDGER}/transactions/{first.json['id']}", {"metadata": {"a": "b"}})
    again = send(books, "POST", url(original), headers=key)
    assert (again.status_int, again.body) == (201, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    refused(send(books, "POST", url(first.json), headers=key), "idempotency_key_reused")


def test_a_refused_reversal_leaves_its_key_free(books: TestApp) -> None:
    original, key = post(books), {"Idempotency-Key": "once"}
    send_ok(books, "PATCH", account_url("assets:cash"), {"status": "frozen"})
    refused(send(books, "POST", url(original), headers=key), "account_frozen")
    send_ok(books, "PATCH", account_url("assets:cash"), {"status": "open"})
    assert send(books, "POST", url(original), headers=key).status_int == 201


def test_totals_that_leave_64_bits_are_refused(books: TestApp) -> None:
    huge = "92233720368547758.07"
    original = post(books, "assets:a", "equity:b", huge)
    send_ok(books, "POST", f"{LEDGER}/transactions", transfer("equity:c", "assets:a", "1.00"), 201)
    refused(send(books, "POST", url(original)), "amount_out_of_range")
