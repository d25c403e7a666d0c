"""A key may send so many requests a second, and so many at once; nobody else waits for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from pyramid.interfaces import IViewDerivers
from sqlalchemy import create_engine, text
from webtest import TestApp

from myapp.db.shared import SharedNumbers
from myapp.http.limiting import Allowance, DueTimes
from tests.api.client import LEDGER, refused, send, send_ok, transfer
from tests.apps import close, make_app
from tests.databases import Database
from tests.lifecycle.forking import in_children

BURST = 500
PROCESSES = 3


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_taken_and_then_one_in_each_interval() -> None:
    clock = Clock()
    allowance = Allowance(per_second=2, at_once=3, clock=clock)
    assert [allowance.wait_s("web") for _ in range(4)] == [0, 0, 0, 0.5]
    clock.now += 0.25
    assert allowance.wait_s("web") == 0.25
    clock.now += 0.25
    assert [allowance.wait_s("web") for _ in range(2)] == [0, 0.5]


def test_whoever_waits_long_has_a_burst_again_and_no_more() -> None:
    clock = Clock()
    allowance = Allowance(per_second=2, at_once=3, clock=clock)
    for _ in range(2):
        assert [allowance.wait_s("web") for _ in range(4)] == [0, 0, 0, 0.5]
        clock.now += 3_600


def test_one_caller_does_not_wait_for_another() -> None:
    allowance = Allowance(per_second=1, at_once=1, clock=Clock())
    assert [allowance.wait_s(caller) for caller in ("web", "shop", "web")] == [0, 0, 1]


def test_who_has_nothing_to_wait_for_leaves_its_place_to_others() -> None:
    clock = Clock()
    allowance = Allowance(per_second=1, at_once=2, clock=clock, due_times=DueTimes(rows=1))
    for number in range(100):
        assert [allowance.wait_s(f"caller {number}") for _ in range(3)] == [0, 0, 1]
        clock.now += 2


def test_where_nobody_has_a_place_to_leave_whoever_is_due_first_is_forgotten() -> None:
    clock = Clock()
    allowance = Allowance(per_second=1, at_once=1, clock=clock, due_times=DueTimes(rows=1))
    for number in range(8):
        assert allowance.wait_s(f"caller {number}") == 0
        clock.now += 0.0625
    assert allowance.wait_s("one more") == 0
    assert [allowance.wait_s(f"caller {number}") for number in (1, 7, 0)] == [0.5625, 0.9375, 0]


class Slow(DueTimes):
    """Lets others come in between the look at a time and its change, if anybody can."""

    def find(self, mark: int) -> tuple[int, float]:
        found = super().find(mark)
        os.sched_yield()
        return found


def test_processes_let_no_more_through_together_than_one_would_alone() -> None:
    ready = SharedNumbers(["count"])
    allowance = Allowance(per_second=1, at_once=BURST, clock=Clock(), due_times=Slow())

    def send() -> int:
        with ready.lock:
            ready["count"] += 1
        while ready["count"] < PROCESSES:
            os.sched_yield()
        return sum(allowance.wait_s("web") == 0 for _ in range(BURST))

    assert sum(in_children(PROCESSES, send)) == BURST
    assert allowance.wait_s("web") == 1


@pytest.fixture
def limited(database: Database) -> Iterator[TestApp]:
    slow = {"myapp.requests_per_second": "1", "myapp.requests_at_once": "2"}
    app = make_app(database, anew=True, **slow)
    yield app
    close(app)


@dataclass(frozen=True)
class Gate:
    """A service that lets each key send two requests, and then none for as long as a test lasts."""

    app: TestApp
    secrets: dict[str, str]

    def statuses(self, kind: str, method: str, url: str, times: int) -> list[int]:
        """Send the same request again and again with a key of this kind."""
        headers = {"Authorization": f"Bearer {self.secrets[kind]}"}
        body = None if method == "GET" else {}
        answers = [send(self.app, method, url, body, headers=headers) for _ in range(times)]
        return [answer.status_int for answer in answers]


AT_ONCE = 2
KEYS = {"web": ("read", "own"), "other web": ("read", "foreign"), "admin": ("admin", "own")}


@pytest.fixture
def gate(database: Database) -> Iterator[Gate]:
    secrets = {}
    app = make_app(database)
    for ledger in ("own", "foreign"):
        app.post_json("/v1/ledgers", {"name": ledger}, status=201)
    for kind, (scope, ledger) in KEYS.items():
        body = {"name": kind.removeprefix("other "), "scopes": [scope], "ledger": ledger}
        secrets[kind] = app.post_json("/v1/keys", body, status=201).json["secret"]
    close(app)
    with standing(database, **{"myapp.auth": "keys"}) as app:
        yield Gate(app, {**secrets, "nobody": "myapp_" + "0" * 32 + "_" + "x" * 43})


@contextmanager
def standing(database: Database, at_once: int = AT_ONCE, **settings: str) -> Iterator[TestApp]:
    """Give an application with a limit whose clock stands still."""
    app = make_app(database, anew=True, **{"myapp.requests_per_second": "1", **settings})
    app.app.registry["myapp.http.allowance"] = Allowance(1, at_once, Clock())
    yield app
    close(app)


OWN = "/v1/ledgers/own"
COUNTED = {
    "answered": ("web", "GET", f"{OWN}/accounts", 200),
    "without the permission": ("web", "POST", f"{OWN}/transactions", 403),
    "to a foreign ledger": ("web", "GET", "/v1/ledgers/foreign/accounts", 404),
    "to a foreign ledger, without the permission": ("web", "POST", "/v1/ledgers/foreign/accounts", 404),
    "outside of the key's ledger": ("admin", "POST", "/v1/ledgers", 403),
    "to nothing": ("web", "GET", f"{OWN}/accounts/assets:none", 404),
    "with a NUL": ("web", "GET", f"{OWN}/accounts/%00", 404),
    "wrong": ("web", "GET", f"{OWN}/accounts?limit=x", 400),
    "to a page": ("web", "GET", "/ledgers/own/accounts", 200),
    "to a page, without the permission": ("web", "GET", "/ledgers/own/new", 403),
    "to a page of a foreign ledger": ("web", "GET", "/ledgers/foreign/accounts", 404),
}


@pytest.mark.parametrize(("kind", "method", "url", "status"), COUNTED.values(), ids=COUNTED)
def test_a_request_counts_once_whatever_comes_of_it(
    gate: Gate, kind: str, method: str, url: str, status: int
) -> None:
    assert gate.statuses(kind, method, url, AT_ONCE + 1) == [status] * AT_ONCE + [429]


def test_keys_of_one_name_have_an_allowance_each(gate: Gate) -> None:
    assert gate.statuses("web", "GET", f"{OWN}/accounts", AT_ONCE + 1)[-1] == 429
    assert gate.statuses("other web", "GET", "/v1/ledgers/foreign/accounts", AT_ONCE) == [200] * AT_ONCE


def test_who_has_no_key_and_what_needs_none_is_not_counted(gate: Gate) -> None:
    for kind, url, status in (
        ("nobody", f"{OWN}/accounts", 401),
        ("web", "/v1/openapi.json", 200),
        ("web", "/healthz", 200),
        ("web", "/sign-in", 200),
        ("web", "/nowhere", 404),
    ):
        assert gate.statuses(kind, "GET", url, AT_ONCE + 1) == [status] * (AT_ONCE + 1)
    assert gate.statuses("web", "GET", f"{OWN}/accounts", AT_ONCE) == [200] * AT_ONCE


def test_a_view_says_whether_it_writes_before_its_key_is_looked_up(database: Database) -> None:
    with standing(database) as app:
        order = [name for name, _ in app.app.registry.getUtility(IViewDerivers).sorted()]
    assert order.index("db_mode") < order.index("counted_view") < order.index("secured_view")


# A deferred trigger runs within COMMIT. What a sequence gave is not taken back with the transaction.
CUT_THE_FIRST_COMMIT = (
    "CREATE SEQUENCE commits",
    """CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('commits') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
    RETURN NULL; END $$""",
    """CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON txn DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION cut()""",
)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_another_attempt_at_a_request_is_no_other_request(database: Database) -> None:
    engine = create_engine(database.url)
    with engine.begin() as connection:
        for statement in CUT_THE_FIRST_COMMIT:
            connection.execute(text(statement))
    engine.dispose()
    with standing(database, at_once=2) as app:
        send_ok(app, "POST", "/v1/ledgers", {"name": "books", "assets": [{"code": "USD", "scale": 2}]}, 201)
        # Its COMMIT is in doubt, so it is done again by its key.
        answer = send(app, "POST", f"{LEDGER}/transactions", transfer(), headers={"Idempotency-Key": "once"})
        assert answer.status_int == 201, answer.body
        assert app.get(f"{LEDGER}/transactions", status=429)


def test_a_request_too_many_is_refused_and_changes_nothing(limited: TestApp) -> None:
    answers = [send(limited, "POST", "/v1/ledgers", {"name": f"ledger-{number}"}) for number in range(3)]
    assert [answer.status_int for answer in answers] == [201, 201, 429]
    refused(answers[2], "rate_limited")
    assert answers[2].headers["Retry-After"] == "1"
    assert limited.get("/healthz").status_int == 200


def test_a_page_too_many_is_refused_as_a_page(limited: TestApp) -> None:
    answers = [limited.get("/", expect_errors=True) for _ in range(3)]
    assert [answer.status_int for answer in answers] == [200, 200, 429]
    assert answers[2].content_type == "text/html"
    assert answers[2].headers["Retry-After"] == "1"
