"""Databases full of everything, and what is in them, told so that two can be compared."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

from webtest import TestApp

from myapp.db import Mode, throwaway
from myapp.ledger import backup as backups
from tests.apps import close, make_app
from tests.databases import Database
from tests.faults.picture import Picture
from tests.interchange import living_books
from tests.lifecycle.witness import connect

BOOKS = "/v1/ledgers/books"
KEYED = {"Idempotency-Key": "once"}
TRANSFER = living_books.transfer(20, debit="assets:more")


@contextmanager
def application(database: Database) -> Iterator[TestApp]:
    app = make_app(database)
    try:
        yield app
    finally:
        close(app)


def fill(database: Database) -> Any:
    """Write into every table; return the answer to a post with a key."""
    with application(database) as app:
        app.post_json("/v1/ledgers", {"name": "empty"}, status=201)
        app.post_json("/v1/ledgers", {"name": "books"}, headers=KEYED, status=201)
        living_books.fill(app)
        app.post_json("/v1/keys", {"name": "one", "scopes": ["read"], "ledger": "books"}, status=201)
        answer = app.post_json(f"{BOOKS}/transactions", TRANSFER, headers=KEYED, status=201)
        return answer.json


def picture(database: Database) -> Picture:
    """Return every row there is, in the words of both products."""
    with throwaway(database.url, mode=Mode.READ) as session:
        lines = io.BytesIO()
        backups.take(session, lines, schema="", application="", now=datetime.now(UTC))
    rows: Picture = {}
    table = ""
    for line in gzip.decompress(lines.getvalue()).splitlines():
        decoded = json.loads(line)
        if isinstance(decoded, list):
            rows[table].append(tuple(decoded))
        elif decoded["line"] == "table":
            table = decoded["name"]
            rows[table] = []
    return rows


def in_its_own_words(database: Database) -> Picture:
    """Return every row as the product itself shows it."""
    with closing(connect(database)) as connection:
        tables = picture(database)
        rows = {table: connection.execute(f'SELECT * FROM "{table}"').fetchall() for table in tables}
    return {table: sorted(tuple(map(repr, row)) for row in found) for table, found in rows.items()}
