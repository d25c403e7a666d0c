"""Holds over REST: what is answered, what is refused, and that a key makes each step once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from webtest import TestApp

from myapp.db import unit_of_work
from myapp.ledger.holds import placing
from tests.api.client import (
    LEDGER,
    account_url,
    all_pages,
    get,
    padded,
    post,
    refused,
    send,
    send_ok,
    transfer,
)
from tests.api.conftest import everything
from tests.ledger.books import transfer as drafted
from tests.ledger.holding import MINUTE, assert_holds_add_up

HOLDS = f"{LEDGER}/holds"
KEY = {"Idempotency-Key": "once"}
FIELDS = {
    *("id", "ledger", "kind", "description", "reference", "effective_at", "recorded_at", "actor", "metadata"),
    *("reverses", "reversed_by", "postings", "status", "expires_at", "remaining", "captures"),
}


@pytest.fixture
def held(books: TestApp) -> Iterator[TestApp]:
    """Give the test books in which cash has 100.00, and see that its holds add up at the end."""
    limited = {"path": "assets:cash", "limits": {"USD": {"min": "0"}}}
    send_ok(books, "POST", f"{LEDGER}/accounts", limited, 201)
    post(books, "assets:cash", "equity:opening", "100.00")
    yield books
    assert_holds_add_up(books.app.registry["dbsession_factory"])


def place(app: TestApp, amount: str = "30.00", **more: Any) -> Any:
    return send_ok(app, "POST", HOLDS, transfer(amount=amount, **more), 201)


def overdue(app: TestApp, amount: str = "30.00") -> str:
    """Place a hold that is expired by now, and return its address."""
    at = datetime.now(UTC)
    draft = drafted("assets:cash", "expenses:food", amount)
    with unit_of_work(app.app.registry["dbsession_factory"]) as session:
        view = placing.place(session, "books", draft, now=at - MINUTE, actor="test", expires_at=at)
    return f"{HOLDS}/{view.id}"


def cash(app: TestApp) -> Any:
    return get(app, "/accounts/assets:cash")["balances"]["USD"]


def part(amount: str, **more: Any) -> Any:
    return {"postings": transfer(amount=amount)["postings"], **more}


# What is answered


def test_a_hold_is_answered_as_a_transaction_and_what_became_of_it(held: TestApp) -> None:
    body = transfer(
        amount="30",
        description="Room",
        reference="h-1",
        effective_at="2026-01-05",
        metadata={"a": "b"},
        expires_at="9999-01-05T10:00:00+02:00",
    )
    answer = send(held, "POST", HOLDS, body)
    hold = answer.json
    assert (answer.status_int, hold.keys()) == (201, FIELDS)
    assert answer.headers["Location"].endswith(f"{HOLDS}/{hold['id']}")
    assert (hold["ledger"], hold["kind"], hold["status"]) == ("books", "hold", "open")
    assert (hold["description"], hold["reference"], hold["metadata"]) == ("Room", "h-1", {"a": "b"})
    assert hold["effective_at"] == "2026-01-05T00:00:00Z"
    assert hold["expires_at"] == "9999-01-05T08:00:00Z"
    assert hold["actor"]
    assert (hold["reverses"], hold["reversed_by"], hold["captures"]) == (None, None, [])
    legs = [
        {"account": "expenses:food", "asset": "USD", "amount": "30.00"},
        {"account": "assets:cash", "asset": "USD", "amount": "-30.00"},
    ]
    assert hold["postings"] == hold["remaining"] == legs
    assert get(held, f"/holds/{hold['id']}") == hold
    balance = cash(held)
    assert (balance["balance"], balance["available"]) == ("100.00", "70.00")
    assert (balance["pending_debits"], balance["pending_credits"]) == ("0.00", "30.00")


def test_a_capture_is_answered_as_the_transaction_it_is(held: TestApp) -> None:
    hold = place(held, description="Room")
    before = datetime.now(UTC)
    answer = send(held, "POST", f"{HOLDS}/{hold['id']}/capture", part("10", final=False))
    made = answer.json
    assert answer.status_int == 201
    assert answer.headers["Location"].endswith(f"{LEDGER}/transactions/{made['id']}")
    assert get(held, f"/transactions/{made['id']}") == made
    assert (made["kind"], made["description"], made["reference"]) == ("transaction", "Room", None)
    assert padded(made["effective_at"]) >= padded(before.isoformat().replace("+00:00", "Z"))
    # No body, no content type: all that is left.
    last = send(held, "POST", f"{HOLDS}/{hold['id']}/capture").json
    after = get(held, f"/holds/{hold['id']}")
    assert (after["status"], after["remaining"]) == ("captured", [])
    assert after["captures"] == [made["id"], last["id"]]
    assert [each["amount"] for each in last["postings"]] == ["20.00", "-20.00"]
    assert cash(held)["available"] == "70.00"


def test_a_capture_takes_effect_when_it_is_told_to(held: TestApp) -> None:
    hold = place(held)
    made = send(held, "POST", f"{HOLDS}/{hold['id']}/capture", {"effective_at": "2026-01-05"}).json
    assert made["effective_at"] == "2026-01-05T00:00:00Z"


@pytest.mark.parametrize("body", [None, {}])
def test_a_void_releases_everything(held: TestApp, body: Any) -> None:
    hold = place(held)
    answer = send(held, "POST", f"{HOLDS}/{hold['id']}/void", body)
    assert answer.status_int == 200
    assert answer.json == {**hold, "status": "voided", "remaining": []}
    assert cash(held)["available"] == "100.00"


def test_an_expired_hold_is_shown_as_such_and_keeps_nothing(held: TestApp) -> None:
    url = overdue(held)
    hold = send_ok(held, "GET", url)
    assert (hold["status"], hold["remaining"]) == ("expired", [])
    balance = cash(held)
    assert (balance["available"], balance["pending_credits"]) == ("100.00", "0.00")
    post(held, "expenses:rent", "assets:cash", "100.00")
    assert send_ok(held, "GET", url) == hold


def test_holds_are_listed_newest_first_by_status_and_account(held: TestApp) -> None:
    voided, captured, partly, open_ = (place(held, "1.00")["id"] for _ in range(4))
    other = send_ok(held, "POST", HOLDS, transfer("expenses:é", "income:x", "1.00"), 201)["id"]
    send_ok(held, "POST", f"{HOLDS}/{voided}/void")
    send_ok(held, "POST", f"{HOLDS}/{captured}/capture", status=201)
    send_ok(held, "POST", f"{HOLDS}/{partly}/capture", part("0.50", final=False), 201)
    # Last, so that no step sweeps it: it is stored as open.
    expired = overdue(held).rpartition("/")[2]
    all_ = [expired, other, open_, partly, captured, voided]
    lists = {
        "": all_,
        "?status=open": [other, open_, partly],
        "?status=captured": [captured],
        "?status=voided": [voided],
        "?status=expired": [expired],
        "?account=assets:cash": [expired, open_, partly, captured, voided],
        "?account=income:x": [other],
        # A decomposed spelling of the same account.
        "?account=expenses:e%CC%81": [other],
        "?account=assets": [],
        "?account=income:x&status=voided": [],
    }
    for query, ids in lists.items():
        assert [each["id"] for each in get(held, f"/holds{query}")["data"]] == ids, query
        assert [each["id"] for each in all_pages(held, HOLDS + query, 1)] == ids, query
    assert get(held, "/holds")["data"][1] == get(held, f"/holds/{other}")


# What is refused


def test_what_is_over_can_be_neither_captured_nor_voided(held: TestApp) -> None:
    ended = {"capture": place(held)["id"], "void": place(held)["id"]}
    for step, hold_id in ended.items():
        assert send(held, "POST", f"{HOLDS}/{hold_id}/{step}").status_int in (200, 201)
    urls = {f"{HOLDS}/{hold_id}": "hold_not_open" for hold_id in ended.values()}
    urls[overdue(held, "1.00")] = "hold_expired"
    before = everything(held)
    for url, code in urls.items():
        for step in ("capture", "void"):
            refused(send(held, "POST", f"{url}/{step}"), code)
    assert everything(held) == before


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (part("30.01"), "capture_exceeds_hold", "/postings/0/amount"),
        (part("-30.00"), "invalid_amount", "/postings/1/amount"),
        (
            {"postings": transfer("assets:cash", "expenses:food", "1.00")["postings"]},
            "capture_exceeds_hold",
            None,
        ),
        ({"postings": transfer("expenses:rent", amount="1.00")["postings"]}, "capture_exceeds_hold", None),
        ({"postings": [*part("1.00")["postings"], *part("29.01")["postings"]]}, "capture_exceeds_hold", None),
        ({"postings": part("1.00")["postings"][:1]}, "invalid_request", "/postings"),
        ({"postings": []}, "invalid_request", "/postings"),
        (
            {"postings": [{**each, "asset": "EUR"} for each in part("1.00")["postings"]]},
            "unknown_asset",
            None,
        ),
        (
            {"postings": [{**each, "asset": "JPY"} for each in part("1")["postings"]]},
            "capture_exceeds_hold",
            None,
        ),
        (part("0.00"), "invalid_amount", "/postings/0/amount"),
        (part("0.001"), "invalid_amount", "/postings/0/amount"),
        (part("9" * 30), "amount_out_of_range", "/postings/0/amount"),
        ({"effective_at": "yesterday"}, "invalid_request", "/effective_at"),
        ({"final": "no"}, "invalid_request", "/final"),
        ({"description": "x"}, "invalid_request", "/description"),
    ],
)
def test_a_capture_that_cannot_be_is_refused_and_changes_nothing(
    held: TestApp, body: Any, code: str, pointer: str | None
) -> None:
    url = f"{HOLDS}/{place(held)['id']}"
    before = everything(held)
    refused(send(held, "POST", f"{url}/capture", body), code, pointer)
    assert everything(held) == before


def test_a_capture_that_does_not_balance_is_refused(held: TestApp) -> None:
    url = f"{HOLDS}/{place(held)['id']}/capture"
    debit, credit = part("10.00")["postings"]
    refused(send(held, "POST", url, {"postings": [debit, {**credit, "amount": "-9.00"}]}), "unbalanced")


@pytest.mark.parametrize(
    ("more", "code", "pointer"),
    [
        ({"expires_at": "2020-01-01"}, "invalid_request", "/expires_at"),
        ({"expires_at": "soon"}, "invalid_request", "/expires_at"),
        ({"expires_at": 5}, "invalid_request", "/expires_at"),
        ({"effective_at": "x"}, "invalid_request", "/effective_at"),
        ({"reference": ""}, "invalid_request", "/reference"),
        ({"metadata": {"a": "\0"}}, "invalid_request", "/metadata/a"),
        ({"postings": []}, "invalid_request", "/postings"),
        ({"postings": transfer("nowhere")["postings"]}, "unknown_account", None),
        ({"postings": transfer("assets:frozen")["postings"]}, "account_frozen", None),
        ({"postings": transfer("expenses:food", "assets:closed")["postings"]}, "account_closed", None),
        ({"postings": transfer("expenses:food", "assets:empty")["postings"]}, "insufficient_funds", None),
        ({"postings": transfer("assets:empty", "income:x", "5.01")["postings"]}, "limit_exceeded", None),
    ],
)
def test_a_hold_that_cannot_be_is_refused(
    library: TestApp, more: dict[str, Any], code: str, pointer: str | None
) -> None:
    refused(send(library, "POST", HOLDS, {**transfer(), **more}), code, pointer)


def test_a_hold_until_a_day_lasts_through_it(held: TestApp) -> None:
    hold = send_ok(held, "POST", HOLDS, transfer(amount="1.00", expires_at="2999-01-31"), 201)
    assert hold["expires_at"] == "2999-01-31T23:59:59.999999Z"


def test_a_refused_hold_tells_the_limit(held: TestApp) -> None:
    place(held, "60")
    told = refused(send(held, "POST", HOLDS, transfer(amount="50")), "insufficient_funds")
    names = ("account", "asset", "limit", "available", "requested")
    assert [told[name] for name in names] == ["assets:cash", "USD", "0.00", "40.00", "50.00"]


def test_a_hold_takes_no_dry_run(library: TestApp) -> None:
    refused(send(library, "POST", f"{HOLDS}?dry_run=true", transfer()), "invalid_parameter")


def test_a_closed_account_lets_holds_go_and_takes_no_capture(held: TestApp) -> None:
    url = f"{HOLDS}/{place(held)['id']}"
    send_ok(held, "PATCH", account_url("assets:cash"), {"status": "closed"})
    refused(send(held, "POST", f"{url}/capture"), "account_closed")
    assert send_ok(held, "POST", f"{url}/void")["status"] == "voided"


# Keys


@pytest.mark.parametrize("step", ["place", "capture", "void"])
def test_a_step_with_a_key_is_taken_once_and_answered_again(held: TestApp, step: str) -> None:
    hold = place(held)["id"]
    url, body = (HOLDS, transfer(amount="1.00")) if step == "place" else (f"{HOLDS}/{hold}/{step}", {})
    first = send(held, "POST", url, body, headers=KEY)
    assert first.status_int == (200 if step == "void" else 201)
    after = everything(held)
    again = send(held, "POST", url, body, headers=KEY)
    assert (again.status_int, again.body) == (first.status_int, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers.get("Location") == first.headers.get("Location")
    assert everything(held) == after
    other = {"expires_at": "2999-01-01", **transfer()} if step == "place" else {"x": 1}
    code = "idempotency_key_reused" if step == "place" else "invalid_request"
    refused(send(held, "POST", url, other, headers=KEY), code)


def test_a_refused_step_leaves_its_key_free(held: TestApp) -> None:
    hold = place(held)["id"]
    refused(send(held, "POST", f"{HOLDS}/{hold}/capture", part("31"), headers=KEY), "capture_exceeds_hold")
    assert send(held, "POST", f"{HOLDS}/{hold}/capture", part("30"), headers=KEY).status_int == 201
