"""A retry never applies twice: of the attempt that COMMIT refused, nothing is left, whatever way it wrote."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from pyramid.response import Response
from pyramid_retry import IBeforeRetry, IRetryableError
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from myapp.db import Mode, after_commit
from myapp.db.shell import shell_transaction
from tests.databases import DIALECTS
from tests.lifecycle import witness
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conflicts import ADD_VISITS, VISITS, Busy, Serialization, leave_wal
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import Site, at
from tests.lifecycle.writes import core_insert, write_of, writes_for

# No way of writing touches it.
THIRD = 3
AT_COMMIT = {"sqlite": Busy, "postgresql": Serialization}


@pytest.mark.parametrize(
    ("dialect", "write"),
    [(dialect, write) for dialect in DIALECTS for write in writes_for(dialect)],
    indirect=["dialect"],
)
def test_a_write_that_commit_refused_is_kept_once(
    serve: Serve, bookcase_database: Any, dialect: str, write: str
) -> None:
    add_third_shelf(bookcase_database)
    conflict = AT_COMMIT[dialect]("COMMIT", THIRD)
    attempts: list[int] = []
    committed: list[int] = []

    def view(request: Any) -> Response:
        attempts.append(len(attempts))
        after_commit(request, committed.append, attempts[-1])
        request.dbsession.add(Shelf(name=f"of attempt {attempts[-1]}"))
        write_of(request)
        request.dbsession.flush()
        conflict.attempt(request.dbsession, first=len(attempts) == 1)
        return Response(status=201)

    def give_way(config: Any) -> None:
        config.add_subscriber(lambda event: conflict.give_way(), IBeforeRetry)

    site = serve(at("/{write}", view), give_way, **conflict.settings)
    before = site.rows()
    conflict.prepare(site)
    assert site.ask(f"/{write}") == 201
    conflict.close()
    assert (attempts, committed) == ([0, 1], [1])
    assert_kept_once(site, before, write)


def add_third_shelf(database: Any) -> None:
    with closing(witness.connect(database)) as connection:
        connection.execute(f"INSERT INTO shelf (id, name, visits) VALUES ({THIRD}, 'third', 0)")


def assert_kept_once(site: Site, before: witness.Rows, write: str) -> None:
    added, gone = site.rows() - before, before - site.rows()
    assert sum(row[0] == "book" for row in added) == 1
    assert {row for row in added if row[1] == THIRD and row[0] == "shelf"} == {
        ("shelf", THIRD, "third", VISITS)
    }
    of_attempts = {row[2] for row in added if str(row[2]).startswith("of attempt")}
    assert of_attempts == {"of attempt 1"}
    theirs = [row for row in added if row[0] == "shelf" and row[2] not in {"third", *of_attempts}]
    if write == "core_delete":
        assert (theirs, {row[1] for row in gone}) == ([], {2, THIRD})
    elif write == "core_update":
        assert theirs == [("shelf", 1, "first", 1)]
    else:
        assert [row[2] for row in theirs] == [write]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_reader_that_finds_the_database_busy_tries_again(serve: Serve) -> None:
    # Under WAL nobody hinders a reader; without it, a writer that is about to commit does.
    attempts = []
    other: list[sqlite3.Connection] = []

    def view(request: Any) -> Response:
        attempts.append(request)
        if len(attempts) == 1:
            other[0].execute("BEGIN EXCLUSIVE")
        return Response(str(request.dbsession.scalar(select(Shelf.visits).where(Shelf.id == 1))))

    def give_way(config: Any) -> None:
        config.add_subscriber(lambda event: other[0].execute("COMMIT"), IBeforeRetry)

    site = serve(at("/", view), give_way, db__lock_timeout_s="0.02", sqlalchemy__pool_size="1")
    event.listen(site.engine, "connect", leave_wal)
    with site.engine.connect():
        """Connect before the other one does: to leave WAL one must be alone."""
    with closing(witness.connect(site.database)) as writer:
        other.append(writer)
        assert site.client().get("/").text == "0"
    assert len(attempts) == 2


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_snapshot_that_went_stale_at_a_prompt_is_marked_as_worth_another_attempt(serve: Serve) -> None:
    # Only a person at a prompt begins without the write lock, and so can find the snapshot stale.
    site = serve()
    env: dict[str, Any] = {"registry": site.registry}
    with shell_transaction(env):
        assert env["dbsession"].owner.mode is Mode.WRITE
        env["dbsession"].get_one(Shelf, 1)
        with closing(witness.connect(site.database)) as other:
            other.execute(ADD_VISITS.format(1))
        with pytest.raises(OperationalError) as stale:
            core_insert(env["dbsession"])
        assert stale.value.orig.sqlite_errorcode == sqlite3.SQLITE_BUSY_SNAPSHOT
        assert IRetryableError.providedBy(stale.value)
        env["abort"]()
        core_insert(env["dbsession"])
        env["commit"]()
    assert "core_insert" in witness.shelf_names(site.database)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_who_has_waited_for_the_write_lock_as_long_as_one_may_does_not_wait_again(serve: Serve) -> None:
    attempts: list[int] = []

    def view(request: Any) -> Response:
        attempts.append(len(attempts))
        request.dbsession.execute(text(ADD_VISITS.format(1)))
        return Response(status=201)

    site = serve(at("/", view), db__lock_timeout_s="0.05")
    assert site.ask("/") == 201
    with closing(witness.connect(site.database)) as outsider:
        outsider.execute("BEGIN IMMEDIATE")
        assert isinstance(site.ask("/"), OperationalError)
    assert len(attempts) == 2
