"""Every route's statements are counted: none sends more than its budget, which is no larger than needed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from webtest import TestApp

from myapp.api.routes import ROUTES
from myapp.api.rows import ACCOUNT
from myapp.api.rows import LEDGER as LEDGER_PATH
from myapp.db import unit_of_work
from myapp.interchange.exporting import FORMATS
from myapp.ledger.holds import placing
from tests.api.client import LEDGER, account_url, get, post, send, send_ok, transfer
from tests.counting import counted
from tests.ledger.books import transfer as ledger_transfer
from tests.ledger.holding import MINUTE

# To remember an answer: find the ledger, claim the key, keep the answer.
REMEMBERING = 3
# Its cost grows with the journal, which is read and written in chunks.
UNBOUNDED = ("POST", LEDGER_PATH + "/import")
BATCH = LEDGER_PATH + "/transactions/batch"
BUDGETS = {(route.method, route.path): route.budget for route in ROUTES}
# How often a statement may be sent at most. What is asked before a write may be asked again after it; and a
# write may be refused because an account is not open yet, then for what an expired hold keeps.
MOST_REPEATED_BY_METHOD = {"GET": 1} | dict.fromkeys(("POST", "PUT", "PATCH", "DELETE"), 3)
MOST_REPEATED = {
    # A refused batch is written again without the items that were refused.
    ("POST", BATCH): 5,
    # The opening balance, and what moved since.
    ("GET", LEDGER_PATH + "/statement"): 2,
}
LIMITS = {"USD": {"min": "0"}, "JPY": {"max": "1"}, "BTC": {"min": "1", "max": "2"}}
MANY = [{"code": f"A{number}", "scale": 2} for number in range(200)]


def exercise(app: TestApp) -> Iterator[tuple[str, str, str, Any]]:
    """Yield requests of every kind for every route, the dear ones and the refused ones included."""
    made = post(app, reference="first")
    send_ok(app, "POST", f"{LEDGER}/accounts", {"path": "assets:low", "limits": {"USD": {"min": "0"}}}, 201)
    one, transactions = f"{LEDGER}/transactions/{made['id']}", f"{LEDGER}/transactions"
    pair = LEDGER_PATH + "/transactions/{id}"
    yield "GET", "/v1", "/v1", None
    yield "GET", "/v1/openapi.json", "/v1/openapi.json", None
    for body in ({"name": "a"}, {"name": "b", "assets": MANY}, {"name": "books"}):
        yield "POST", "/v1/ledgers", "/v1/ledgers", body
    yield "GET", "/v1/ledgers", "/v1/ledgers", None
    for name in ("books", "none"):
        yield "GET", LEDGER_PATH, f"/v1/ledgers/{name}", None
        yield "PATCH", LEDGER_PATH, f"/v1/ledgers/{name}", {"description": "x", "metadata": {"a": "b"}}
    for _ in range(2):
        yield "POST", LEDGER_PATH + "/assets", f"{LEDGER}/assets", {"code": "EUR", "scale": 2}
        yield "POST", LEDGER_PATH + "/accounts", f"{LEDGER}/accounts", {"path": "assets:x", "limits": LIMITS}
    yield "GET", LEDGER_PATH + "/assets", f"{LEDGER}/assets", None
    for query in ("", "?prefix=assets&type=asset&status=open&limit=1"):
        yield "GET", LEDGER_PATH + "/accounts", f"{LEDGER}/accounts{query}", None
    for query in ("", "?at=2026-01-05", "?known_at=2026-01-05"):
        yield "GET", ACCOUNT, account_url("assets:cash") + query, None
        yield "GET", LEDGER_PATH + "/balances", f"{LEDGER}/balances{query}", None
    for query in ("", "known_at=2026-01-05", "known_at=2026-01-05T09:00:00Z&at=2026-01-05T09:00:00Z"):
        for report in ("trial-balance", "balance-sheet"):
            yield "GET", f"{LEDGER_PATH}/reports/{report}", f"{LEDGER}/reports/{report}?{query}", None
        period = query.replace("&at", "&from=2025-01-01T09:00:00Z&to")
        statement = "/reports/income-statement"
        yield "GET", LEDGER_PATH + statement, f"{LEDGER}{statement}?{period}", None
    for query in ("", "&from=2026-01-01&to=9999-12-31", "&limit=1"):
        statement = f"{LEDGER}/statement?account=assets:cash&asset=USD{query}"
        yield "GET", LEDGER_PATH + "/statement", statement, None
    yield "GET", LEDGER_PATH + "/balances", f"{LEDGER}/balances?depth=1&limit=1&prefix=a", None
    for change in ({}, {"limits": LIMITS, "status": "frozen", "metadata": {"a": "b"}}, {"status": "gone"}):
        yield "PATCH", ACCOUNT, account_url("assets:x"), change
    refusals = (
        transfer("expenses:y", "assets:x"),
        transfer("expenses:y", "assets:low"),
        transfer("expenses:z", reference="first"),
        transfer("nowhere"),
        transfer("assets:a1", "assets:a2"),
        transfer("expenses:new", reference="second"),
    )
    for body in refusals:
        yield "POST", LEDGER_PATH + "/transactions", transactions, body
        yield "POST", LEDGER_PATH + "/transactions", f"{transactions}?dry_run=1", body
    yield "POST", LEDGER_PATH + "/transactions", transactions, kept_back(app, "posted")
    keyed = [{**body, "idempotency_key": f"key-{number}"} for number, body in enumerate(refusals)]
    fresh = {**transfer("expenses:b", "assets:b"), "idempotency_key": "fresh"}
    # The dearest comes last: new accounts, a reference that is taken, a key that came before.
    for items in (keyed[-2:], keyed, [fresh, keyed[2], keyed[4]]):
        for mode in ("each", "atomic"):
            yield "POST", BATCH, f"{transactions}/batch", {"mode": mode, "transactions": items}
    full = "account=assets:cash&asset=USD&from=2026-01-01&to=2030-01-01&q=x&metadata.a=b&order=effective"
    for query in ("", "?limit=1", f"?{full}"):
        yield "GET", LEDGER_PATH + "/transactions", transactions + query, None
    for format_ in FORMATS:
        yield "GET", LEDGER_PATH + "/export", f"{LEDGER}/export?format={format_}", None
    yield "GET", LEDGER_PATH + "/verify", f"{LEDGER}/verify", None
    yield "GET", pair, one, None
    for _ in range(2):
        yield "POST", pair + "/reverse", f"{one}/reverse", None
    drained = post(app, "assets:low", "equity:opening", reference="third")
    post(app, "expenses:food", "assets:low")
    yield "POST", pair + "/reverse", f"{transactions}/{drained['id']}/reverse", {"description": "x"}
    key = send_ok(app, "POST", "/v1/keys", {"name": "web", "scopes": ["read"]}, 201)
    for body in ({"name": "a", "scopes": ["read"], "ledger": "books"}, {"name": "", "scopes": []}):
        yield "POST", "/v1/keys", "/v1/keys", body
    yield "GET", "/v1/keys", "/v1/keys?limit=1", None
    for each in (key["id"], key["id"], "none"):
        yield "DELETE", "/v1/keys/{key}", f"/v1/keys/{each}", None
    limited = {"path": "assets:back", "limits": {"USD": {"min": "0"}}}
    send_ok(app, "POST", f"{LEDGER}/accounts", limited, 201)
    given = post(app, "assets:back", "equity:opening", "10.00")
    overdue(app, "assets:back", "10.00")
    yield "POST", pair + "/reverse", f"{transactions}/{given['id']}/reverse", None
    yield from exercise_holds(app)
    for metadata in ({"a": "b"}, {"a": None}, {}):
        yield "PATCH", pair, one, {"metadata": metadata}


def overdue(app: TestApp, source: str, amount: str) -> None:
    """Place a hold that is expired when it is next looked at."""
    at = datetime.now(UTC)
    with unit_of_work(app.app.registry["dbsession_factory"]) as session:
        draft = ledger_transfer(source, "expenses:x1", amount)
        placing.place(session, "books", draft, now=at - MINUTE, actor="test", expires_at=at)


def kept_back(app: TestApp, reference: str) -> dict[str, Any]:
    """Return a transaction between accounts, one of them new, that needs what an expired hold keeps."""
    kept = f"assets:kept:{reference}"
    send_ok(app, "POST", f"{LEDGER}/accounts", {"path": kept, "limits": {"USD": {"min": "-10"}}}, 201)
    overdue(app, kept, "10.00")
    return transfer(f"assets:a:{reference}", kept, "1.00", reference=reference)


def exercise_holds(app: TestApp) -> Iterator[tuple[str, str, str, Any]]:
    """Yield requests of every kind for holds; each step of a hold sweeps what is overdue, and finds some."""
    holds, url = LEDGER_PATH + "/holds", f"{LEDGER}/holds"
    refusals = (
        transfer("expenses:h1", "assets:low"),
        transfer("nowhere"),
        transfer("expenses:h2", "assets:h1", reference="first"),
        transfer("expenses:h3", "assets:h2", reference="first"),
    )
    for body in (transfer("expenses:h1", "assets:h1"), *refusals):
        overdue(app, "assets:x1", "0.01")
        yield "POST", holds, url, body
    body = kept_back(app, "held")
    overdue(app, "assets:x1", "0.01")
    yield "POST", holds, url, body
    one, two = (
        send_ok(app, "POST", url, transfer("expenses:h", "assets:h", "3.00"), 201)["id"] for _ in range(2)
    )
    part = {"postings": transfer("expenses:h", "assets:h", "1.00")["postings"], "final": False}
    for body in (part, {}, {}):
        overdue(app, "assets:x1", "0.01")
        yield "POST", holds + "/{hold}/capture", f"{url}/{one}/capture", body
    for _ in range(2):
        overdue(app, "assets:x1", "0.01")
        yield "POST", holds + "/{hold}/void", f"{url}/{two}/void", None
    for query in ("", "?limit=1", "?status=open&account=assets:h"):
        yield "GET", holds, url + query, None
    yield "GET", holds + "/{hold}", f"{url}/{one}", None


def costs(app: TestApp, headers: Callable[[], dict[str, str]]) -> dict[tuple[str, str], int]:
    """Return the most statements that a request of each route sent."""
    most: dict[tuple[str, str], int] = defaultdict(int)
    for method, path, url, body in exercise(app):
        # Once before, so that what a new connection asks for is not counted.
        get(app, "")
        with counted(app) as statements:
            answer = send(app, method, url, body, headers=headers() if method == "POST" else {})
        assert answer.status_int < 500
        most[method, path] = max(most[method, path], len(statements))
    return most


def test_no_route_sends_more_statements_than_its_budget(books: TestApp) -> None:
    found = costs(books, dict)
    assert found.keys() == BUDGETS.keys() - {UNBOUNDED}
    assert {route: cost for route, cost in found.items() if cost > BUDGETS[route]} == {}


def test_remembering_the_answer_adds_three_statements_at_most(books: TestApp) -> None:
    numbers = iter(range(1_000))
    found = costs(books, lambda: {"Idempotency-Key": f"key-{next(numbers)}"})
    posting = ("POST", LEDGER_PATH + "/transactions")
    assert found.pop(posting) <= BUDGETS[posting]
    over = {
        route: cost
        for route, cost in found.items()
        if cost > BUDGETS[route] + REMEMBERING * (route[0] == "POST")
    }
    assert over == {}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_no_budget_is_larger_than_it_must_be(books: TestApp) -> None:
    # On SQLite, where posting takes a statement for each of its steps; with a key, which it claims itself.
    numbers = iter(range(1_000))
    bare, posting = costs(books, dict), ("POST", LEDGER_PATH + "/transactions")
    bare[posting] = max(bare[posting], with_a_key(books, numbers))
    assert bare == {route: budget for route, budget in BUDGETS.items() if route != UNBOUNDED}


def with_a_key(app: TestApp, numbers: Iterator[int]) -> int:
    most = 0
    for body in (
        transfer("expenses:k1", "assets:k1", reference="k"),
        transfer("expenses:k2", "assets:k2", reference="k"),
        kept_back(app, "with a key"),
    ):
        with counted(app) as statements:
            send(
                app,
                "POST",
                f"{LEDGER}/transactions",
                body,
                headers={"Idempotency-Key": f"own-{next(numbers)}"},
            )
        most = max(most, len(statements))
    return most


def many_postings(count: int) -> dict[str, Any]:
    """Return a transaction of as many postings, each to an account of its own that is not there yet."""
    pairs = (transfer(f"expenses:many:{number}", f"assets:many:{number}") for number in range(count // 2))
    return {"postings": [posting for pair in pairs for posting in pair["postings"]]}


def test_no_statement_is_repeated_for_each_of_several_things(books: TestApp) -> None:
    # A statement for each row of a result, or for each posting of a transaction, is the classic way of being
    # slow.
    url = f"{LEDGER}/transactions"
    large = [("POST", url, url, many_postings(60)), ("GET", url, url, None)]
    for method, path, address, body in (*exercise(books), *large):
        get(books, "")
        with counted(books) as statements:
            assert send(books, method, address, body).status_int < 500
        repeated = max(Counter(statements).values(), default=0)
        assert repeated <= MOST_REPEATED.get((method, path), MOST_REPEATED_BY_METHOD[method]), (path, body)


def test_a_statement_for_each_row_is_noticed(books: TestApp) -> None:
    for number in range(3):
        post(books, f"expenses:{number}", f"assets:{number}")
    engine = books.app.registry["dbsession_factory"].engine
    with counted(books) as statements, engine.connect() as connection:
        for row in connection.execute(text("SELECT id FROM account")).all():
            connection.execute(text("SELECT path FROM account WHERE id = :id"), {"id": row.id})
    assert max(Counter(statements).values()) > 2


def test_a_list_costs_the_same_however_long_it_is(books: TestApp) -> None:
    lists = [f"{LEDGER}/{name}" for name in ("accounts", "assets", "transactions", "balances", "holds")]
    reports = ("trial-balance", "balance-sheet", "income-statement")
    lists += [f"{LEDGER}/reports/{report}?known_at=9999-12-31" for report in reports]

    def cost(url: str) -> int:
        with counted(books) as statements:
            send_ok(books, "GET", url)
        return len(statements)

    hold = transfer("expenses:h", "assets:h")
    post(books)
    send_ok(books, "POST", f"{LEDGER}/holds", hold, 201)
    short = [cost(url) for url in lists]
    for number in range(10):
        post(books, f"expenses:{number}", f"assets:{number}")
        send_ok(books, "POST", f"{LEDGER}/holds", hold, 201)
    assert [cost(url) for url in lists] == short


@pytest.mark.parametrize("mode", ["atomic", "each"])
def test_a_batch_costs_the_same_however_long_it_is(books: TestApp, mode: str) -> None:
    send_ok(books, "POST", f"{LEDGER}/accounts", {"path": "assets:low", "limits": {"USD": {"min": "0"}}}, 201)
    wrong = [transfer("expenses:y", "assets:low"), transfer(reference="same"), transfer("nowhere")]

    def costs(name: str, count: int) -> list[int]:
        numbers = range(count)
        new = [transfer(f"expenses:{name}:{number}", f"assets:{name}:{number}") for number in numbers]
        items = [{**body, "idempotency_key": f"{name}-{number}"} for number, body in enumerate(new)]
        return [cost(items), cost(items), cost(items[::2] + new[1::2]), cost([*new, *wrong * count])]

    def cost(items: list[Any]) -> int:
        with counted(books) as statements:
            body = {"mode": mode, "transactions": items}
            assert send(books, "POST", f"{LEDGER}/transactions/batch", body).status_int < 500
        return len(statements)

    post(books, reference="same")
    assert costs("few", 2) == costs("many", 50)
