"""An export in one snapshot: memory does not grow with the books, and whoever goes away costs nothing."""

from __future__ import annotations

import tracemalloc
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from webtest import TestApp

from myapp.db import throwaway
from myapp.interchange.exporting import FORMATS
from myapp.ledger.assets import declare
from myapp.ledger.books import open_book
from myapp.ledger.drafts import Entry, EntryPosting
from myapp.ledger.ids import new_id
from myapp.ledger.posting import write_entries
from tests.databases import Database
from tests.interchange import living_books
from tests.interchange.imports import ADDRESS, LEDGER
from tests.interchange.odd_books import NOW

FEW, MANY = 1_000, 4_000
# Within a few kilobytes of the same; were the rows kept, it would be four times as much.
GROWTH_MAX = 1.5


def fill(database: Database, count: int) -> None:
    """Post so many small transactions, on a hundred accounts."""
    with throwaway(database.url) as session:
        book = open_book(session, LEDGER, None)
        if not book.scales:
            declare(session, book, "USD", 2, now=NOW)
        for start in range(0, count, 1_000):
            entries = [_entry(number) for number in range(start, start + 1_000)]
            write_entries(session, book, entries, now=NOW)


def _entry(number: int) -> Entry:
    legs = (EntryPosting(f"expenses:{number % 99}", "USD", 100), EntryPosting("assets:cash", "USD", -100))
    day = NOW - timedelta(days=number % 700)
    return Entry(new_id(), legs, f"Transaction {number}", None, day, {"number": str(number)})


def body_of(app: TestApp, name: str) -> Any:
    """Return the body as a WSGI server gets it."""
    environ = app.RequestClass.blank(f"{ADDRESS}/export?format={name}").environ
    return app.app(environ, lambda *_: None)


def peak_bytes(app: TestApp, name: str) -> int:
    """Return the most memory that Python needed at once, while nobody kept what was sent."""
    # The beginning of a body is made with the response.
    tracemalloc.start()
    body = body_of(app, name)
    deque(body, maxlen=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    body.close()
    return peak


@contextmanager
def cursors(app: TestApp) -> Iterator[list[Any]]:
    """Yield a list that fills with the cursors of every statement."""
    engine, seen = app.app.registry["dbsession_factory"].engine, []

    def note(connection: Any, cursor: Any, *rest: Any) -> None:
        seen.append(cursor)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_memory_does_not_grow_with_the_books(app: TestApp, database: Database) -> None:
    fill(database, FEW)
    for name in FORMATS:
        deque(body_of(app, name), maxlen=0)
    few = {name: peak_bytes(app, name) for name in FORMATS}
    fill(database, MANY - FEW)
    many = {name: peak_bytes(app, name) for name in FORMATS}
    assert {name: many[name] / few[name] for name in FORMATS if many[name] > GROWTH_MAX * few[name]} == {}


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_postgresql_keeps_the_rows_until_they_are_fetched(app: TestApp, database: Database) -> None:
    # What the driver's own library would keep is not Python's memory, so the peak would not show it.
    fill(database, FEW)
    for name in FORMATS:
        with cursors(app) as seen:
            deque(body_of(app, name), maxlen=0)
        assert seen
        assert all(cursor.name for cursor in seen[1:])


def test_an_export_is_one_snapshot_although_others_write(app: TestApp, database: Database) -> None:
    fill(database, FEW)
    for name in FORMATS:
        body = body_of(app, name)
        chunks = iter(body)
        first = next(chunks)
        late = {**living_books.held("1.00"), "description": f"late {name}"}
        app.post_json(f"{ADDRESS}/transactions", late, status=201)
        # What is asked for last of all.
        app.post_json(f"{ADDRESS}/holds", late, status=201)
        rest = b"".join(chunks)
        body.close()
        assert rest
        assert f"late {name}".encode() not in first + rest


def test_whoever_goes_away_gives_the_connection_back(app: TestApp, database: Database) -> None:
    fill(database, FEW)
    pool = app.app.registry["dbsession_factory"].engine.pool
    for name in FORMATS:
        body = body_of(app, name)
        assert pool.checkedout() == 1
        next(iter(body))
        assert pool.checkedout() == 1
        body.close()
        assert pool.checkedout() == 0


def test_a_body_that_nobody_begins_to_read_gives_the_connection_back(
    app: TestApp, database: Database
) -> None:
    fill(database, FEW)
    body = body_of(app, "csv")
    body.close()
    assert app.app.registry["dbsession_factory"].engine.pool.checkedout() == 0


def test_a_body_that_nobody_reads_asks_for_no_connection(app: TestApp, database: Database) -> None:
    answer = app.head(f"{ADDRESS}/export?format=csv", status=200)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="books.csv"'
    assert answer.content_type == "text/csv"
    assert app.app.registry["dbsession_factory"].engine.pool.checkedout() == 0


@pytest.mark.parametrize("name", ["", "ledger", "HLEDGER", "hledger-json"])
def test_a_format_that_nobody_knows_is_refused(app: TestApp, name: str) -> None:
    refused = app.get(f"{ADDRESS}/export", {"format": name} if name else {}, status=400).json
    assert (refused["code"], refused["parameter"]) == ("invalid_parameter", "format")
    assert app.get("/v1/ledgers/none/export?format=csv", status=404).json["code"] == "ledger_not_found"


def test_books_without_anything_can_be_exported(app: TestApp) -> None:
    for name in FORMATS:
        assert app.get(f"{ADDRESS}/export", {"format": name}, status=200).body
