"""A forked child never uses a connection of its parent, and whatever it does, the parent's go on working."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from typing import Any

import pytest
from pyramid.response import Response
from sqlalchemy import Connection, insert, select, text

from myapp.db import Mode, unit_of_work
from tests.lifecycle import witness
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.forking import answer_of, fork, in_child, start
from tests.lifecycle.site import Site, at
from tests.lifecycle.writes import core_insert, orm_add


def identity(connection: Connection) -> int:
    """Return what tells one connection from another: the server's process, or the driver's object."""
    if connection.dialect.name == "postgresql":
        return int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)
    return id(connection.connection.dbapi_connection)


def identities(site: Site, count: int) -> set[int]:
    """Return the identities of as many connections as there are at one time."""
    connections = [site.engine.connect() for _ in range(count)]
    try:
        return {identity(each) for each in connections}
    finally:
        for each in connections:
            each.close()


def same_as_before(site: Site, ours: set[int]) -> bool:
    """Tell whether the parent's connections are as they must be after a fork.

    On SQLite the idle ones are closed before it: the parent opens others.
    """
    return site.database.dialect == "sqlite" or identities(site, 2) == ours


def count_shelves(site: Site) -> int:
    with site.engine.connect() as connection:
        return len(connection.execute(select(Shelf.id)).all())


def write(request: Any) -> Response:
    core_insert(request.dbsession)
    return Response()


def test_a_child_has_connections_of_its_own(serve: Serve) -> None:
    site = serve()
    ours = identities(site, 2)
    theirs = set(in_child(lambda: list(identities(site, 2))))
    assert (len(ours), len(theirs)) == (2, 2)
    assert ours & theirs == set()


def test_the_parents_connections_are_still_its_own_and_work(serve: Serve) -> None:
    site = serve(at("/", write))
    ours = identities(site, 2)
    assert in_child(lambda: count_shelves(site)) == 2
    assert same_as_before(site, ours)
    assert site.ask("/") == 200
    assert len(site.rows()) == 3


def test_a_child_that_ends_at_once_takes_nothing_along(serve: Serve) -> None:
    site = serve(at("/", write))
    ours = identities(site, 2)
    assert in_child(lambda: "gone") == "gone"
    assert same_as_before(site, ours)
    assert site.ask("/") == 200


def test_a_child_that_tidies_up_takes_nothing_along(serve: Serve) -> None:
    site = serve(at("/", write))

    def work() -> int:
        # Only the pool's own references to the inherited connections could be left.
        site.driver_connections.clear()
        site.checkouts.clear()
        counted = count_shelves(site)
        site.engine.dispose()
        gc.collect()
        return counted

    ours = identities(site, 2)
    assert in_child(work) == 2
    assert same_as_before(site, ours)
    assert site.ask("/") == 200


def test_a_child_may_serve_requests_of_its_own(serve: Serve) -> None:
    site = serve(at("/", write))
    identities(site, 2)
    assert in_child(lambda: site.ask("/")) == 200
    assert "core_insert" in witness.shelf_names(site.database)


def test_many_children_of_one_parent_share_nothing(serve: Serve) -> None:
    site = serve()
    seen = [identities(site, 1), *(set(in_child(lambda: list(identities(site, 1)))) for _ in range(3))]
    if site.database.dialect == "postgresql":
        assert len(set.union(*seen)) == len(seen)
    assert all(seen[0].isdisjoint(theirs) for theirs in seen[1:])


def look_around(site: Site, ours: int) -> list[str]:
    """Return the names that a reader of the child's own sees, on a connection that is not ours."""
    factory = site.registry["dbsession_factory"]
    with unit_of_work(factory, mode=Mode.READ) as session:
        assert identity(session.connection()) != ours
        return list(session.scalars(select(Shelf.name).order_by(Shelf.name)))


def test_a_fork_in_the_middle_of_a_request_leaves_its_transaction_alone(serve: Serve) -> None:
    said: list[Any] = []

    def view(request: Any) -> Response:
        orm_add(request.dbsession)
        request.dbsession.flush()
        ours = identity(request.dbsession.connection())
        said.append(in_child(lambda: look_around(site, ours)))
        core_insert(request.dbsession)
        return Response()

    site = serve(at("/", view), sqlalchemy__pool_size="1")
    assert site.ask("/") == 200
    if site.database.dialect == "sqlite":
        assert said[0].startswith("LifecycleViolation: This process was forked while a connection")
    else:
        # The child sees what is committed, and nothing of the transaction that was open around it.
        assert said == [["first", "second"]]
    assert {"orm_add", "core_insert"} <= witness.shelf_names(site.database)


@pytest.mark.parametrize("use", ["execute", "add and flush", "connection"])
def test_a_child_cannot_use_the_session_of_the_request_that_forked_it(serve: Serve, use: str) -> None:
    said: list[Any] = []
    uses = {
        "execute": lambda session: str(session.scalars(select(Shelf)).all()),
        "add and flush": lambda session: str((orm_add(session), session.flush())),
        "connection": lambda session: str(session.connection()),
    }

    def view(request: Any) -> Response:
        core_insert(request.dbsession)
        said.append(in_child(lambda: uses[use](request.dbsession)))
        return Response()

    site = serve(at("/", view))
    assert site.ask("/") == 200
    assert said[0].startswith(("LifecycleViolation", "SessionUnavailable")), said
    assert "core_insert" in witness.shelf_names(site.database)


def test_a_child_that_leaves_the_view_by_an_error_does_not_end_the_parents_transaction(
    serve: Serve,
) -> None:
    parent = os.getpid()

    def view(request: Any) -> Response:
        core_insert(request.dbsession)
        child = fork()
        if child == 0:
            raise SystemExit
        os.waitpid(child, 0)
        return Response()

    site = serve(at("/", view))
    outcome = site.ask("/")
    if os.getpid() != parent:
        os._exit(0)
    assert outcome == 200
    assert "core_insert" in witness.shelf_names(site.database)


def another_program_counts(site: Site) -> int:
    """Return how many shelves a program sees that opens the file and closes it again."""
    code = "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone())"
    command = [sys.executable, "-c", code, str(site.engine.url.database), "SELECT count(*) FROM shelf"]
    return int(subprocess.run(command, check=True, capture_output=True).stdout)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_nothing_is_lost_of_what_a_child_writes_once_its_parent_has_closed_the_file(serve: Serve) -> None:
    site = serve()
    identities(site, 2)
    reading, writing = os.pipe()

    def write_on() -> list[int]:
        os.read(reading, 1)
        return [add_and_count(number) for number in range(3)]

    def add_and_count(number: int) -> int:
        with unit_of_work(site.registry["dbsession_factory"]) as session:
            session.execute(insert(Shelf), {"name": f"of the child {number}"})
        return another_program_counts(site)

    before = another_program_counts(site)
    child = start(write_on)
    site.engine.dispose()
    gc.collect()
    os.write(writing, b".")
    assert answer_of(*child) == [before + 1, before + 2, before + 3]
    assert another_program_counts(site) == before + 3
