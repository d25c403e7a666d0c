"""The queries of a GET see one snapshot, whatever is committed between them."""

from __future__ import annotations

from contextlib import closing

import pytest
from pyramid.response import Response
from sqlalchemy import func, select

from tests.databases import Database
from tests.lifecycle import witness
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at

TOTAL = select(func.sum(Shelf.visits))


class TwoTotals:
    """A view that adds up twice, while somebody else commits a visit in between."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.seen: list[int] = []

    def __call__(self, request) -> Response:
        self.seen.append(request.dbsession.scalars(TOTAL).one())
        with closing(witness.connect(self.database)) as other:
            other.execute("UPDATE shelf SET visits = visits + 1 WHERE id = 1")
        self.seen.append(request.dbsession.scalars(TOTAL).one())
        return Response()


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_two_queries_of_a_reader_agree(serve: Serve, bookcase_database: Database, method: str) -> None:
    view = TwoTotals(bookcase_database)
    assert serve(at("/", view)).ask("/", method) == 200
    assert view.seen == [0, 0]
    assert witness.visits(bookcase_database) == 1


def test_a_post_that_only_reads_sees_one_snapshot_too(serve: Serve, bookcase_database: Database) -> None:
    view = TwoTotals(bookcase_database)
    assert serve(at("/", view, db_mode="read")).ask("/") == 200
    assert view.seen == [0, 0]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_get_that_declares_itself_a_writer_sees_what_others_commit(
    serve: Serve, bookcase_database: Database
) -> None:
    # Writers run at READ COMMITTED; on SQLite nobody else can commit while one of them is at work.
    view = TwoTotals(bookcase_database)
    assert serve(at("/", view, db_mode="write")).ask("/", "GET") == 200
    assert view.seen == [0, 1]


def test_the_next_request_sees_what_was_committed_meanwhile(
    serve: Serve, bookcase_database: Database
) -> None:
    view = TwoTotals(bookcase_database)
    site = serve(at("/", view), sqlalchemy__pool_size="1")
    assert (site.ask("/", "GET"), site.ask("/", "GET")) == (200, 200)
    assert view.seen == [0, 0, 1, 1]
