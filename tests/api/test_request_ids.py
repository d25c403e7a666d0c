"""Every answer carries the request's id, whatever it is."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import create_engine, text
from webtest import TestApp

from tests.api.client import LEDGER, REQUEST_ID, refused, send, transfer
from tests.apps import close, make_app
from tests.databases import Database

ANSWERS = [
    ("GET", "/v1", 200),
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 200),
    ("GET", "/metrics", 200),
    ("GET", "/nowhere", 404),
    ("PUT", "/v1", 405),
    ("GET", "/v1/ledgers?limit=0", 400),
    ("GET", "/v1/ledgers/%FF", 400),
]


@pytest.mark.parametrize(("method", "url", "status"), ANSWERS)
def test_an_answer_has_an_id_of_its_own(library: TestApp, method: str, url: str, status: int) -> None:
    first, second = (send(library, method, url) for _ in range(2))
    assert first.status_int == status
    ids = {UUID(answer.headers[REQUEST_ID]) for answer in (first, second)}
    assert len(ids) == 2


def test_the_clients_own_id_is_kept(library: TestApp) -> None:
    answer = send(library, "GET", "/nowhere", headers={REQUEST_ID: "my-request.1"})
    assert refused(answer, "not_found")["request_id"] == "my-request.1"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "caf\xe9", "<script>"])
def test_an_id_that_could_not_stand_in_a_log_is_replaced(library: TestApp, given: str) -> None:
    answer = send(library, "GET", "/v1", headers={REQUEST_ID: given})
    assert UUID(answer.headers[REQUEST_ID])


def test_a_defect_is_a_problem_with_an_id_and_without_details(books: TestApp, database: Database) -> None:
    engine = create_engine(database.url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE txn_metadata"))
    engine.dispose()
    document = refused(send(books, "GET", f"{LEDGER}/transactions"), "internal_error")
    assert "txn_metadata" not in str(document)


def test_an_outage_is_a_problem_that_says_when_to_come_back(books: TestApp, database: Database) -> None:
    hasty = make_app(database, **{"db.lock_timeout_s": "0.05", "db.retry_attempts": "2"})
    engine = create_engine(database.url)
    with engine.connect() as connection:
        sqlite = database.dialect == "sqlite"
        connection.execute(text("BEGIN IMMEDIATE" if sqlite else "LOCK TABLE balance, txn"))
        answer = send(hasty, "POST", f"{LEDGER}/transactions", transfer())
        connection.rollback()
    engine.dispose()
    close(hasty)
    refused(answer, "unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


# A row that breaks a deferred foreign key: nothing is wrong until COMMIT, and then everything is.
TIME_BOMB = "CREATE TABLE bomb (x BIGINT REFERENCES ledger (id) DEFERRABLE INITIALLY DEFERRED)"
FUSES = {
    "sqlite": ["CREATE TRIGGER fuse AFTER INSERT ON txn BEGIN INSERT INTO bomb VALUES (-1); END"],
    "postgresql": [
        "CREATE FUNCTION light() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN INSERT INTO bomb VALUES (-1); RETURN NULL; END$$",
        "CREATE TRIGGER fuse AFTER INSERT ON txn FOR EACH ROW EXECUTE FUNCTION light()",
    ],
}


def test_a_failure_at_commit_is_a_problem_too_and_nothing_is_kept(books: TestApp, database: Database) -> None:
    engine = create_engine(database.url)
    with engine.begin() as connection:
        for statement in (TIME_BOMB, *FUSES[database.dialect]):
            connection.exec_driver_sql(statement)
    engine.dispose()
    refused(send(books, "POST", f"{LEDGER}/transactions", transfer()), "internal_error")
    assert send(books, "GET", f"{LEDGER}/transactions").json["data"] == []
