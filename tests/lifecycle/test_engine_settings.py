"""Settings under which no promise could be kept are refused, or keep nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pyramid.exceptions import ConfigurationError
from pyramid.response import Response
from sqlalchemy import create_engine

from myapp.db import DbSettings, make_engine
from tests.databases import Database
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import Site, at, is_failure, make_site
from tests.lifecycle.writes import core_insert

OURS = (
    "myapp.db.accounting.tween_factory",
    "myapp.db.retry.tween_factory",
    "myapp.db.truth.tween_factory",
    "myapp.db.nesting.tween_factory",
    "pyramid_tm.tm_tween_factory",
)


def writing(status: int) -> Any:
    """Return a view that writes and answers."""

    def view(request: Any) -> Response:
        core_insert(request.dbsession)
        return Response(status=status)

    return view


@pytest.mark.parametrize("level", ["AUTOCOMMIT", "autocommit", "Autocommit"])
def test_an_engine_in_autocommit_is_refused(serve: Serve, level: str) -> None:
    with pytest.raises(ConfigurationError, match=r"(?i)isolation_level|autocommit"):
        serve(sqlalchemy__isolation_level=level)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize("status", [200, 400])
def test_a_driver_in_autocommit_keeps_nothing_and_says_so(
    bookcase_database: Database, sites: list[Site], status: int
) -> None:
    url = f"{bookcase_database.url}{'&' if '?' in bookcase_database.url else '?'}autocommit=true"
    site = make_site(bookcase_database, (at("/", writing(status)),), {"sqlalchemy.url": url})
    sites.append(site)
    before = site.rows()
    assert is_failure(site.ask("/"))
    assert site.rows() == before


@pytest.mark.parametrize("derived", [False, True])
def test_an_engine_whose_connections_are_in_autocommit_keeps_nothing_and_says_so(
    serve: Serve, bookcase_database: Database, *, derived: bool
) -> None:
    option = {"isolation_level": "AUTOCOMMIT"}
    engine = create_engine(bookcase_database.url, execution_options={} if derived else option)
    site = serve(at("/", writing(400)), db__engine=engine.execution_options(**option) if derived else engine)
    before = site.rows()
    site.ask("/")
    assert site.rows() == before


@pytest.mark.parametrize("left_out", OURS)
def test_a_list_of_tweens_that_leaves_one_of_ours_out_is_refused(serve: Serve, left_out: str) -> None:
    listed = [name for name in OURS if name != left_out]
    with pytest.raises(ConfigurationError, match=re.escape(left_out)):
        serve(pyramid__tweens=" ".join([*listed, "pyramid.tweens.excview_tween_factory"]))


def test_a_list_of_tweens_with_all_of_ours_is_served(serve: Serve) -> None:
    listed = " ".join([*OURS, "pyramid.tweens.excview_tween_factory"])
    site = serve(at("/", writing(201)), at("/no", writing(409)), pyramid__tweens=listed)
    before = site.rows()
    assert [site.ask("/no"), len(site.rows())] == [409, len(before)]
    assert [site.ask("/"), len(site.rows())] == [201, len(before) + 1]


def test_the_connection_that_worked_last_works_next(bookcase_database: Database) -> None:
    """Its pages and its prepared statements are warm; in turn, all of them would become cold."""
    engine = make_engine(DbSettings(engine_options={"url": bookcase_database.url}))
    first, second = engine.connect(), engine.connect()
    warm = second.connection.dbapi_connection
    first.close()
    second.close()
    with engine.connect() as third:
        assert third.connection.dbapi_connection is warm
    engine.dispose()
