"""`GET verify`: 200 with what every check found, whether the books are right or not."""

from __future__ import annotations

from sqlalchemy import text
from webtest import TestApp

from myapp.ledger.verifying import CHECKS
from tests.api.client import LEDGER, get, post, refused, send, send_ok, transfer


def tamper(app: TestApp, statement: str) -> None:
    """Change rows on a connection that no request uses; what the triggers guard is not touched here."""
    engine = app.app.registry["dbsession_factory"].engine
    with engine.begin() as connection:
        connection.execute(text(statement))


def use(app: TestApp) -> None:
    """Do a little of everything that writes."""
    first = post(app, reference="first", effective_at="1969-07-20", metadata={"a": "b"})
    one = f"{LEDGER}/transactions/{first['id']}"
    send_ok(app, "PATCH", one, {"metadata": {"a": "c"}})
    limited = {"path": "assets:low", "limits": {"USD": {"min": "0"}, "JPY": {}}}
    send_ok(app, "POST", f"{LEDGER}/accounts", limited, 201)
    for _ in range(2):
        body = transfer("assets:low", "assets:cash")
        send(app, "POST", f"{LEDGER}/transactions", body, headers={"Idempotency-Key": "once"}, status=201)
    too_much = transfer("assets:x", "assets:low", "99")
    refused(send(app, "POST", f"{LEDGER}/transactions", too_much), "insufficient_funds")
    send_ok(app, "PATCH", f"{LEDGER}/accounts/assets:low", {"status": "frozen"})


def test_an_empty_ledger_is_right(books: TestApp) -> None:
    document = get(books, "/verify")
    assert document["ok"] is True
    assert [check["name"] for check in document["checks"]] == [check.name for check in CHECKS]
    assert all(check["ok"] is True and check["problems"] == [] for check in document["checks"])


def test_books_in_use_are_right_and_every_row_is_counted(books: TestApp) -> None:
    use(books)
    document = get(books, "/verify")
    assert document["ok"], document
    checked = {check["name"]: check["checked"] for check in document["checks"]}
    assert (checked["zero_sum"], checked["postings"], checked["accounts"]) == (2, 4, 3)
    assert (checked["idempotency"], checked["transaction_metadata"], checked["ledger"]) == (1, 1, 1)


def test_a_wrong_row_is_named_with_status_200(books: TestApp) -> None:
    use(books)
    cash = "(SELECT id FROM account WHERE path = 'assets:cash')"
    tamper(books, f"UPDATE balance SET credits = credits + 5 WHERE account_id = {cash}")
    document = send_ok(books, "GET", f"{LEDGER}/verify")
    assert document["ok"] is False
    (check,) = [check for check in document["checks"] if not check["ok"]]
    assert (check["name"], check["problem_count"]) == ("balances", 1)
    (problem,) = check["problems"]
    assert isinstance(problem["key"].pop("account_id"), int)
    assert problem == {
        "table": "balance",
        "key": {"account": "assets:cash", "asset": "USD"},
        "message": "The balance row is not what its postings add up to.",
        "expected": {"credits": "25.00"},
        "found": {"credits": "25.05"},
    }


def test_another_ledgers_wrong_row_is_none_of_ours(books: TestApp) -> None:
    send_ok(books, "POST", "/v1/ledgers", {"name": "others"}, 201)
    tamper(books, "UPDATE asset SET scale = 3 WHERE code = 'USD'")
    post(books)
    tamper(books, "UPDATE balance SET debits = debits + 1")
    assert send_ok(books, "GET", "/v1/ledgers/others/verify")["ok"] is True
    assert get(books, "/verify")["ok"] is False


def test_a_ledger_that_is_not_there_is_not_found(books: TestApp) -> None:
    refused(send(books, "GET", "/v1/ledgers/none/verify"), "ledger_not_found")
    refused(send(books, "GET", f"{LEDGER}/verify?deep=1"), "invalid_parameter")
