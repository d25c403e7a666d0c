"""A 2xx or 3xx response means the whole change is durable; anything else means nothing changed."""

from __future__ import annotations

import pytest
from pyramid.events import ContextFound
from pyramid.response import Response

from tests.lifecycle.bookcase import Book
from tests.lifecycle.conftest import Serve
from tests.lifecycle.endings import ENDINGS, SLUGS, endings
from tests.lifecycle.site import Site, at, is_success
from tests.lifecycle.writes import orm_add, write_of, writes_for, writing


def told_and_kept(site: Site, path: str) -> tuple[bool, bool]:
    """Return whether the client was told of success, and whether the database changed."""
    before = site.rows()
    told = is_success(site.ask(path))
    return told, site.rows() != before


@pytest.mark.parametrize("name", ENDINGS)
def test_the_status_tells_for_every_way_of_writing_whether_it_was_kept(serve: Serve, name: str) -> None:
    site = serve(endings)
    keeps = ENDINGS[name][1]
    writes = writes_for(site.database.dialect)
    seen = {write: told_and_kept(site, f"/{SLUGS[name]}/{write}") for write in writes}
    assert seen == dict.fromkeys(writes, (keeps, keeps))


def test_each_way_of_writing_makes_exactly_the_change_it_should(serve: Serve) -> None:
    site = serve(writing("/{write}"))
    for write in writes_for(site.database.dialect):
        before = site.rows()
        site.ask(f"/{write}")
        assert len(before ^ site.rows()) in (1, 2), write


def test_two_ways_of_writing_in_one_request_are_kept_together(serve: Serve) -> None:
    def view(request):
        write_of(request)
        request.dbsession.add(Book(shelf_id=1))
        return Response()

    site = serve(at("/{write}", view))
    for write in writes_for(site.database.dialect):
        before = site.rows()
        assert site.ask(f"/{write}") == 200
        assert {row[0] for row in before ^ site.rows()} == {"shelf", "book"}, write


@pytest.mark.parametrize("status", [400, 409, 500])
def test_a_returned_error_after_a_flush_changes_nothing(serve: Serve, status: int) -> None:
    site = serve(writing("/{write}", lambda: Response(status=status)))
    before = site.rows()
    assert site.ask("/orm_add_and_flush") == status
    assert site.rows() == before


def test_a_write_by_a_subscriber_before_the_view_shares_the_views_fate(serve: Serve) -> None:
    def subscribe(config):
        config.add_subscriber(lambda event: orm_add(event.request.dbsession), ContextFound)

    site = serve(subscribe, writing("/{write}", lambda: Response(status=422)))
    before = site.rows()
    assert site.ask("/core_insert") == 422
    assert site.rows() == before
