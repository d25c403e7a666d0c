"""When COMMIT itself fails nothing is kept, nobody is told otherwise, and nothing is left for the next."""

from __future__ import annotations

import pytest
from pyramid.httpexceptions import HTTPConflict
from pyramid.response import Response
from sqlalchemy.exc import IntegrityError

from myapp.db.checkin import ROLLED_BACK
from tests.lifecycle.bookcase import Book, Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import Site, at, is_failure
from tests.lifecycle.writes import core_insert, writing

MISSING_SHELF = 404


def dangling(request):
    """Add a book to a shelf that is not there, which the database finds out at COMMIT."""
    core_insert(request.dbsession)
    request.dbsession.add(Book(shelf_id=MISSING_SHELF))
    return Response()


def catching(status: int):
    """Return the part of an application that answers any error with a status."""
    return lambda config: config.add_exception_view(
        lambda request: Response(status=status), context=Exception
    )


def rolled_back_at_checkin(site: Site) -> int:
    with site.engine.connect() as connection:
        return connection.info.get(ROLLED_BACK, 0)


def test_a_commit_that_fails_changes_nothing(serve: Serve) -> None:
    site = serve(at("/", dangling))
    before = site.rows()
    assert isinstance(site.ask("/"), IntegrityError)
    assert site.rows() == before


def test_the_next_request_on_the_connection_does_not_commit_it(serve: Serve) -> None:
    site = serve(at("/bad", dangling), writing("/good/{write}"), sqlalchemy__pool_size="1")
    before = site.rows()
    site.ask("/bad")
    assert site.ask("/good/orm_add") == 200
    assert {row[2] for row in site.rows() - before} == {"orm_add"}


def test_the_next_request_may_even_repair_what_was_missing(serve: Serve) -> None:
    def repair(request):
        request.dbsession.add(Shelf(id=MISSING_SHELF, name="found"))
        return Response()

    site = serve(at("/bad", dangling), at("/repair", repair), sqlalchemy__pool_size="1")
    before = site.rows()
    site.ask("/bad")
    assert site.ask("/repair") == 200
    assert site.rows() - before == {("shelf", MISSING_SHELF, "found", 0)}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_guard_at_checkin_counts_what_it_rolled_back(serve: Serve) -> None:
    site = serve(at("/", dangling), sqlalchemy__pool_size="1")
    assert rolled_back_at_checkin(site) == 0
    site.ask("/")
    assert rolled_back_at_checkin(site) == 1


@pytest.mark.parametrize("status", [409, 500])
def test_an_exception_view_may_answer_for_a_failed_commit(serve: Serve, status: int) -> None:
    site = serve(at("/", dangling), catching(status))
    before = site.rows()
    assert site.ask("/") == status
    assert site.rows() == before


@pytest.mark.parametrize("status", [200, 302])
def test_an_exception_view_cannot_turn_a_failed_commit_into_a_success(serve: Serve, status: int) -> None:
    site = serve(at("/", dangling), catching(status))
    before = site.rows()
    assert isinstance(site.ask("/"), IntegrityError)
    assert site.rows() == before


def test_an_exception_view_cannot_turn_a_violation_into_a_success(serve: Serve) -> None:
    def violating(request):
        core_insert(request.dbsession)
        request.dbsession.commit()

    site = serve(at("/", violating), catching(200))
    before = site.rows()
    assert is_failure(site.ask("/"))
    assert site.rows() == before


def test_an_exception_view_cannot_turn_a_broken_statement_into_a_success(serve: Serve) -> None:
    def duplicate(request):
        core_insert(request.dbsession)
        core_insert(request.dbsession)

    site = serve(at("/", duplicate), catching(200))
    before = site.rows()
    assert is_failure(site.ask("/"))
    assert site.rows() == before


def test_an_error_response_needs_no_commit_that_could_fail(serve: Serve) -> None:
    def refuse(request):
        dangling(request)
        request.dbsession.flush()
        raise HTTPConflict

    site = serve(at("/", refuse))
    assert site.ask("/") == 409
