"""Requests that read, add one and write lose no update, however many run at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from pyramid.response import Response
from sqlalchemy import select

from tests.lifecycle import witness
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import Site, at

THREADS = 8
REQUESTS_EACH = 15


def add_one(request):
    shelf = request.dbsession.get(Shelf, 1)
    shelf.visits += 1
    return Response()


def add_one_to_a_locked_row(request):
    statement = select(Shelf).where(Shelf.id == 1).with_for_update()
    request.dbsession.scalars(statement).one().visits += 1
    return Response()


def ask_often(site: Site) -> Counter[object]:
    """Return how many requests ended how."""

    def one_thread(_: int) -> list[object]:
        return [site.ask("/") for _ in range(REQUESTS_EACH)]

    with ThreadPoolExecutor(THREADS) as threads:
        return Counter(
            outcome for outcomes in threads.map(one_thread, range(THREADS)) for outcome in outcomes
        )


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_eight_threads_lose_no_update_on_sqlite(serve: Serve) -> None:
    site = serve(at("/", add_one))
    assert ask_often(site) == {200: THREADS * REQUESTS_EACH}
    assert witness.visits(site.database) == THREADS * REQUESTS_EACH


def test_eight_threads_that_lock_their_row_lose_no_update(serve: Serve) -> None:
    site = serve(at("/", add_one_to_a_locked_row))
    assert ask_often(site) == {200: THREADS * REQUESTS_EACH}
    assert witness.visits(site.database) == THREADS * REQUESTS_EACH


def test_the_pool_is_as_large_as_its_setting_and_no_larger(serve: Serve) -> None:
    site = serve(at("/", add_one_to_a_locked_row), sqlalchemy__pool_size="3")
    ask_often(site)
    assert len(site.driver_connections) <= 3
