"""The shell's transaction: kept by `commit()`, dropped by anything else, and usable after a failure."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError

from myapp.db import LifecycleViolation, SessionUnavailable
from myapp.db.shell import shell_transaction
from tests.lifecycle.bookcase import Book, Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.writes import core_insert, orm_add, textual, writes_for


class PshellRequest:
    """What the shell puts into its environment in place of a request from the tweens."""


@pytest.fixture
def site(serve: Serve):
    return serve()


@pytest.fixture
def env(site) -> dict:
    return {"registry": site.registry, "request": PshellRequest()}


def test_leaving_the_shell_without_commit_changes_nothing(site, env) -> None:
    before = site.rows()
    with shell_transaction(env):
        for write in writes_for(site.database.dialect).values():
            write(env["dbsession"])
        env["dbsession"].flush()
    assert site.rows() == before


def test_a_shell_that_dies_of_an_error_changes_nothing(site, env) -> None:
    before = site.rows()
    with pytest.raises(SystemExit):
        write_and_die(env)
    assert site.rows() == before


def write_and_die(env) -> None:
    with shell_transaction(env):
        core_insert(env["dbsession"])
        raise SystemExit


def test_commit_keeps_every_way_of_writing(site, env) -> None:
    with shell_transaction(env):
        for name, write in writes_for(site.database.dialect).items():
            before = site.rows()
            write(env["dbsession"])
            env["commit"]()
            assert site.rows() != before, name


def test_abort_drops_the_changes_and_begins_anew(site, env) -> None:
    before = site.rows()
    with shell_transaction(env):
        core_insert(env["dbsession"])
        env["abort"]()
        orm_add(env["dbsession"])
        env["commit"]()
    assert {row[2] for row in site.rows() - before} == {"orm_add"}


def test_after_a_failed_commit_the_shell_is_still_usable(site, env) -> None:
    before = site.rows()
    with shell_transaction(env):
        env["dbsession"].add(Book(shelf_id=404))
        with pytest.raises(DBAPIError):
            env["commit"]()
        env["dbsession"].add(Shelf(id=404, name="found"))
        env["commit"]()
    assert site.rows() - before == {("shelf", 404, "found", 0)}


def test_after_a_failed_statement_the_shell_is_still_usable(site, env) -> None:
    before = site.rows()
    with shell_transaction(env):
        textual(env["dbsession"])
        with pytest.raises(DBAPIError):
            textual(env["dbsession"])
        env["abort"]()
        orm_add(env["dbsession"])
        env["commit"]()
    assert {row[2] for row in site.rows() - before} == {"orm_add"}


def test_the_sessions_own_commit_is_refused_here_too(site, env) -> None:
    before = site.rows()
    with shell_transaction(env):
        core_insert(env["dbsession"])
        with pytest.raises(LifecycleViolation):
            env["dbsession"].commit()
    assert site.rows() == before


def test_the_request_of_the_shell_means_the_same_session(site, env) -> None:
    with shell_transaction(env):
        assert env["request"].dbsession is env["dbsession"]
        assert env["request"].tm is env["tm"]
        env["commit"]()
        assert env["request"].dbsession is env["dbsession"]


def test_a_session_from_before_the_commit_says_that_it_is_over(site, env) -> None:
    with shell_transaction(env):
        old = env["dbsession"]
        env["commit"]()
        with pytest.raises(SessionUnavailable):
            old.get(Shelf, 1)
