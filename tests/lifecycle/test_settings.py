"""The settings of `myapp.db`: a wrong one is refused when the application starts, by its name."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.response import Response
from sqlalchemy import create_engine, make_url, text

from myapp.db import DbSettings, from_settings, postgresql
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at, is_failure
from tests.lifecycle.writes import writes_for, writing

URL = {"sqlalchemy.url": "sqlite://"}

WRONG = {
    "no database": ({}, "sqlalchemy.url"),
    "an unknown key": (URL | {"db.retries": "3"}, "db.retries"),
    "a number that is none": (URL | {"db.retry_attempts": "many"}, "db.retry_attempts"),
    "half an attempt": (URL | {"db.retry_attempts": "2.5"}, "db.retry_attempts"),
    "no attempt": (URL | {"db.retry_attempts": "0"}, "db.retry_attempts"),
    "no time": (URL | {"db.lock_timeout_s": "0"}, "db.lock_timeout_s"),
    "less than no time": (URL | {"db.statement_timeout_s": "-1"}, "db.statement_timeout_s"),
    "not a time": (URL | {"db.idle_timeout_s": "nan"}, "db.idle_timeout_s"),
    "for ever": (URL | {"db.idle_timeout_s": "inf"}, "db.idle_timeout_s"),
    "nothing": (URL | {"db.idle_timeout_s": ""}, "db.idle_timeout_s"),
    "an unreadable URL": ({"sqlalchemy.url": "nonsense"}, "sqlalchemy"),
    "an empty URL": ({"sqlalchemy.url": ""}, "sqlalchemy"),
    "an unknown database": ({"sqlalchemy.url": "nosuch://host/name"}, "sqlalchemy"),
    "a database the contract was never tried on": ({"sqlalchemy.url": "mysql://host/name"}, "mysql"),
    "a driver that is not installed": ({"sqlalchemy.url": "postgresql+psycopg2://host/name"}, "psycopg2"),
    "neither true nor false": (URL | {"db.report_header": "perhaps"}, "db.report_header"),
    "an engine that is none": ({"db.engine": "foo"}, "db.engine"),
    "fewer than no connections": (URL | {"sqlalchemy.pool_size": "-3"}, "pool_size = -3"),
    "an unknown engine setting": (URL | {"sqlalchemy.pool_sise": "3"}, "pool_sise"),
    "an engine number that is none": (URL | {"sqlalchemy.label_length": "long"}, "long"),
    "a setting that is no text": (URL | {"sqlalchemy.poolclass": "NullPool"}, "poolclass = NullPool"),
    "an unreadable engine setting": (URL | {"sqlalchemy.pool_size": "three"}, "three"),
}


@pytest.mark.parametrize(("settings", "named"), WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_refused_by_its_name(settings: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        Configurator(settings=settings).include("myapp.db")


@pytest.mark.parametrize("name", ["query_cache_size", "label_length", "max_identifier_length"])
def test_numbers_of_the_engine_may_stand_in_an_ini_file(serve: Serve, name: str) -> None:
    site = serve(writing("/{write}"), **{f"sqlalchemy__{name}": "30"})
    assert site.ask("/core_insert") == 200


def test_every_setting_has_a_default() -> None:
    settings = from_settings(URL)
    assert settings == DbSettings(engine_options={"url": "sqlite://"})


def test_settings_arrive_as_text_and_leave_as_numbers() -> None:
    settings = from_settings(URL | {"db.retry_attempts": "2", "db.lock_timeout_s": "0.5"})
    assert (settings.retry_attempts, settings.lock_timeout_s) == (2, 0.5)


def test_a_limit_of_less_than_a_millisecond_is_a_limit() -> None:
    options = postgresql.engine_options(make_url("postgresql://x/y"), DbSettings(lock_timeout_s=0.0001))
    assert "-c lock_timeout=1 " in options["connect_args"]["options"]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_writer_runs_at_read_committed_whatever_the_server_takes_by_default(
    serve: Serve, bookcase_database
) -> None:
    def look(request: Any) -> Response:
        return Response(json_body=request.dbsession.scalar(text("SHOW transaction_isolation")))

    said = {"options": "-c default_transaction_isolation=serializable"}
    url = make_url(bookcase_database.url).update_query_dict(said).render_as_string(hide_password=False)
    site = serve(at("/", look, db_mode="write"), sqlalchemy__url=url)
    assert site.client().get("/").json == "read committed"


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_what_the_url_says_of_the_connection_wins_over_the_defaults(serve: Serve, bookcase_database) -> None:
    def look(request: Any) -> Response:
        names = ("application_name", "lock_timeout", "timezone", "idle_in_transaction_session_timeout")
        told = [request.dbsession.scalar(text(f"SHOW {name}")) for name in names]
        return Response(json_body=told)

    said = {"options": "-c lock_timeout=7s -c timezone=Europe/Vienna", "application_name": "books"}
    url = make_url(bookcase_database.url).update_query_dict(said).render_as_string(hide_password=False)
    site = serve(at("/", look), sqlalchemy__url=url)
    assert site.client().get("/").json == ["books", "7s", "Europe/Vienna", "1min"]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_network_that_says_nothing_is_given_up(serve: Serve) -> None:
    site = serve()
    with site.engine.connect() as connection:
        descriptor = os.dup(connection.connection.driver_connection.fileno())
    with socket.socket(fileno=descriptor) as wire:
        assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
        assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10


def test_how_long_to_wait_for_a_connection_may_be_said_in_the_url() -> None:
    waiting = "postgresql://x/y?connect_timeout=9"
    assert "connect_timeout" not in postgresql.engine_options(make_url(waiting), DbSettings())["connect_args"]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_an_engine_may_have_been_used_before_it_is_handed_in(serve: Serve, bookcase_database) -> None:
    engine = create_engine(bookcase_database.url, pool_size=1, max_overflow=0)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    site = serve(writing("/{write}"), db__engine=engine)
    assert site.ask("/core_insert") == 200


def test_a_connection_may_be_in_use_while_its_engine_is_handed_in(serve: Serve, bookcase_database) -> None:
    engine = create_engine(bookcase_database.url, pool_size=1, max_overflow=0)
    with engine.connect() as connection:
        site = serve(writing("/{write}"), db__engine=engine)
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    assert site.ask("/core_insert") == 200


def test_keys_of_others_are_left_alone() -> None:
    assert from_settings(URL | {"pyramid.reload_templates": "true", "dbx": "1"}) == from_settings(URL)


def test_the_deployments_engine_settings_win_over_the_defaults(serve: Serve) -> None:
    assert serve(sqlalchemy__pool_size="3").engine.pool.size() == 3


def test_an_engine_that_is_handed_in_is_used_and_guarded(serve: Serve, bookcase_database) -> None:
    engine = create_engine(bookcase_database.url, pool_size=1, max_overflow=0)
    site = serve(
        writing("/{write}"), writing("/{write}/refused", lambda: Response(status=400)), db__engine=engine
    )
    assert site.engine is engine
    for write in writes_for(bookcase_database.dialect):
        before = site.rows()
        assert is_failure(site.ask(f"/{write}", "GET")), write
        assert site.ask(f"/{write}/refused") == 400
        assert site.rows() == before, write
        assert site.ask(f"/{write}") == 200
        assert site.rows() != before, write


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_an_engine_that_is_handed_in_loses_the_drivers_own_transactions(
    serve: Serve, bookcase_database
) -> None:
    site = serve(db__engine=create_engine(bookcase_database.url))
    with site.engine.connect() as connection:
        assert connection.connection.dbapi_connection.isolation_level is None


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_the_time_limits_reach_the_server(serve: Serve) -> None:
    def view(request):
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "TimeZone")
        show = request.dbsession.connection().exec_driver_sql
        return Response(" ".join(show(f"SHOW {name}").scalar_one() for name in names))

    limits = {"db__statement_timeout_s": "7", "db__lock_timeout_s": "0.25", "db__idle_timeout_s": "9"}
    site = serve(at("/", view), **limits)
    assert site.client().get("/").text == "7s 250ms 9s UTC"


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_sqlite_is_set_up_as_a_server_database(serve: Serve) -> None:
    site = serve(db__lock_timeout_s="0.25")
    with site.engine.connect() as connection:
        ask = connection.connection.dbapi_connection.execute
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        assert [ask(f"PRAGMA {name}").fetchone()[0] for name in names] == ["wal", 2, 1, 250]
