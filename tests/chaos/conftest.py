"""A served bank with two accounts, the lock that keeps one write from going on, and a crowd that races."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.books import read_books
from tests.chaos.calling import Caller
from tests.chaos.checker import breaches
from tests.chaos.crowd import Crowd, Meeting, met
from tests.chaos.records import Order
from tests.chaos.stage import open_bank
from tests.chaos.transfers import ACCOUNTS
from tests.databases import DIALECTS, Database
from tests.lifecycle.witness import connect
from tests.serving import Server, served
from tests.shared import shared


@dataclass(frozen=True)
class Bank:
    """A bank in a process of its own."""

    server: Server
    database: Database
    funded: tuple[Order, ...]

    def wrong(self, order: Order) -> list[str]:
        """Return what is wrong in the books, given what the client of this order was told."""
        return breaches([*self.funded, order], read_books(self.database))


@pytest.fixture
def bank(database: Database, tmp_path: Path) -> Iterator[Bank]:
    with served("development.ini", database.url, tmp_path) as server:
        with closing(Caller(server.port, "")) as caller:
            funded = open_bank(caller, ACCOUNTS[:2])
        yield Bank(server, database, funded)


@pytest.fixture
def lock(bank: Bank) -> Iterator[Any]:
    """Hold what every write needs, on a connection of its own; ROLLBACK on it lets the writes go on."""
    with closing(connect(bank.database)) as connection:
        if bank.database.dialect == "sqlite":
            connection.execute("BEGIN IMMEDIATE")
        else:
            connection.execute("BEGIN")
            connection.execute("SELECT 1 FROM balance FOR UPDATE")
        yield connection


# A server takes seconds to start, a race milliseconds: so all the races share two processes.
@pytest.fixture(scope="package", params=DIALECTS)
def meeting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meeting]:
    folder = tmp_path_factory.mktemp("meeting")
    with shared(request, request.param, "races") as database, met(database, folder) as meeting:
        yield meeting


@pytest.fixture
def crowd(meeting: Meeting) -> Iterator[Crowd]:
    """Give the test a ledger of its own; whatever raced there, the books are in order afterwards."""
    crowd = meeting.crowd()
    yield crowd
    crowd.assert_in_order()
