"""The injector finds what is wrong: each of these applications breaks a promise, and is caught at it."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.pq import TransactionStatus
from pyramid.response import Response
from sqlalchemy import create_engine, insert, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from webob import Request

from tests.databases import Database
from tests.faults.bookcase import ADD, LOOK, bookcase_trial, by_every_way
from tests.faults.injector import Fault, Injector
from tests.faults.kinds import KINDS
from tests.faults.stage import Exchange, Stage
from tests.faults.sweep import plans, sweep
from tests.faults.verdict import Trial
from tests.lifecycle import bookcase, witness
from tests.lifecycle.bookcase import Shelf

SHELVES = Shelf.__table__
COUNT_VISIT = update(SHELVES).where(SHELVES.c.id == 1).values(visits=SHELVES.c.visits + 1)
ADD_SHELF = insert(SHELVES).values(name="new", visits=0)


def is_caught(trial: Trial, complaint: str) -> bool:
    """Tell whether some single fault makes the application break the promise that the complaint names."""
    with trial.stage:
        rehearsal = trial.stage.rehearse(trial.exchange, trial.look)
        tallies = (
            sweep(trial, rehearsal, iter([plan])) for plan in plans(trial.stage.database.dialect, rehearsal)
        )
        return any(complaint in bad for tally in tallies for bad in tally.bad)


def on_the_engine(request: Any) -> Any:
    return request.registry["dbsession_factory"].engine


def in_two_transactions(request: Any) -> Response:
    """Commit each half by itself, past the request's session."""
    for statement in (COUNT_VISIT, ADD_SHELF):
        with on_the_engine(request).begin() as connection:
            connection.execute(statement)
    return Response()


def swallowing(request: Any) -> Response:
    """Answer 200 whatever became of the change, which was made past the request's session."""
    try:
        with on_the_engine(request).begin() as connection:
            connection.execute(ADD_SHELF)
    except DBAPIError:
        pass
    return Response()


KEPT: list[Any] = []


def keeping_its_connection(request: Any) -> Response:
    """Give the connection back only where all goes well."""
    connection = on_the_engine(request).connect()
    KEPT.append(connection)
    connection.execute(ADD_SHELF)
    connection.commit()
    connection.close()
    return Response()


def test_a_change_that_is_half_made_is_caught(empty_database: Database) -> None:
    assert is_caught(bookcase_trial(empty_database, in_two_transactions), "but something has changed")


def test_a_success_without_its_change_is_caught(empty_database: Database) -> None:
    assert is_caught(bookcase_trial(empty_database, swallowing), "the change is not there")


def test_a_connection_that_is_kept_is_caught(empty_database: Database) -> None:
    trial = bookcase_trial(empty_database, keeping_its_connection)
    assert is_caught(trial, "connections are checked out")
    KEPT.clear()


def test_a_conflict_that_is_not_tried_again_is_caught(empty_database: Database) -> None:
    trial = bookcase_trial(empty_database, by_every_way, settings={"db.retry_attempts": "1"})
    assert is_caught(trial, "it had only to be done again")


def test_an_outage_that_is_answered_as_a_defect_is_caught(empty_database: Database) -> None:
    def crash(config: Any) -> None:
        config.add_exception_view(lambda request: Response(status=500), context=Exception)

    def manners(answer: Any) -> str:
        return "" if answer.status == 503 else "that is not 503"

    assert is_caught(bookcase_trial(empty_database, by_every_way, crash, manners=manners), "that is not 503")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_session_without_its_guard_at_checkin_is_caught(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("myapp.db.checkin.listen", lambda engine: None)
    assert is_caught(bookcase_trial(empty_database, by_every_way), "in a transaction")


# On PostgreSQL zope.sqlalchemy has a list of its own, too wide but long enough to hide the want of ours.
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_session_without_its_list_of_conflicts_is_caught(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("myapp.db.failures.is_worth_retrying", lambda error: False)
    assert is_caught(bookcase_trial(empty_database, by_every_way), "it had only to be done again")


def test_a_request_that_changes_nothing_is_no_trial_of_a_write(empty_database: Database) -> None:
    trial = bookcase_trial(empty_database, at_most_a_look)
    with trial.stage, pytest.raises(AssertionError, match="changes nothing"):
        trial.stage.rehearse(trial.exchange, trial.look)


def again_whatever_happened(app: Any) -> Any:
    """Send a request once more after any failure, as some proxies do."""

    def proxy(environ: dict[str, Any], start_response: Any) -> Any:
        try:
            return Request(environ).copy().get_response(app)(environ, start_response)
        except Exception:
            return Request(environ).copy().get_response(app)(environ, start_response)

    return proxy


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_change_that_is_made_twice_is_caught(empty_database: Database) -> None:
    def counting(request: Any) -> Response:
        request.dbsession.execute(COUNT_VISIT)
        return Response()

    trial = bookcase_trial(empty_database, counting)
    trial.stage.app = again_whatever_happened(trial.stage.app)
    assert is_caught(trial, "the change is not there, or not once")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_transaction_left_open_by_a_failed_commit_is_caught(empty_database: Database) -> None:
    # No `myapp.db` here: the tool takes any WSGI application with its engine.
    bookcase.build(empty_database)
    engine = create_engine(empty_database.url, pool_size=1, max_overflow=0, pool_timeout=0.5)

    def stock(environ: dict[str, Any], start_response: Any) -> Any:
        with Session(engine) as session:
            if environ["REQUEST_METHOD"] == "POST":
                session.execute(ADD_SHELF)
            session.commit()
        return Response()(environ, start_response)

    trial = Trial(Stage(stock, engine, empty_database), ADD, LOOK)
    assert is_caught(trial, "in a transaction")


@pytest.fixture
def injector(bookcase_engine: Any) -> Injector:
    return Injector(bookcase_engine)


@pytest.fixture
def bookcase_engine(empty_database: Database) -> Any:
    bookcase.build(empty_database)
    engine = create_engine(empty_database.url, pool_size=1, max_overflow=0)
    yield engine
    engine.dispose()


def kind(database: Database, name: str) -> Any:
    return next(each for each in KINDS[database.dialect] if each.name == name)


def test_every_call_is_counted_the_commit_included(injector: Injector) -> None:
    with injector.failing(), injector.engine.begin() as connection:
        connection.execute(ADD_SHELF)
    names = [call.name for call in injector.calls]
    assert names[0] == "connect"
    assert {"execute", "cursor close", "commit", "rollback"} <= set(names)
    injector.close()


@pytest.mark.parametrize(("when", "is_there"), [("before", False), ("after", True)])
def test_an_interruption_finds_the_commit_done_or_not(
    injector: Injector, empty_database: Database, when: str, is_there: bool
) -> None:
    with injector.failing(), injector.engine.begin() as connection:
        connection.execute(COUNT_VISIT)
    with injector.failing(), injector.engine.begin() as connection:
        connection.execute(COUNT_VISIT)
    at_commit = next(number for number, call in enumerate(injector.calls) if call.is_commit)
    fault = Fault(at_commit, when, kind(empty_database, "interrupted"))
    with pytest.raises(KeyboardInterrupt), injector.failing(fault), injector.engine.begin() as connection:
        connection.execute(COUNT_VISIT)
    assert witness.visits(empty_database) == 2 + is_there
    injector.close()


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize("name", ["40001", "40P01", "cancel", "full", "i/o"])
def test_a_refused_statement_leaves_the_servers_transaction_failed(
    injector: Injector, empty_database: Database, name: str
) -> None:
    with injector.engine.connect() as connection:
        connection.execute(COUNT_VISIT)
        with (
            injector.failing(Fault(0, "after", kind(empty_database, name))),
            pytest.raises(DBAPIError) as caught,
        ):
            connection.execute(COUNT_VISIT)
        driver: Any = connection.connection.driver_connection
        assert driver.info.transaction_status is TransactionStatus.INERROR
        assert caught.value.orig.sqlstate is not None
    injector.close()


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize("name", ["lost", "terminated"])
def test_a_lost_connection_is_gone_on_the_server_too(
    injector: Injector, empty_database: Database, name: str
) -> None:
    with injector.engine.connect() as connection:
        connection.execute(COUNT_VISIT)
        with (
            injector.failing(Fault(0, "before", kind(empty_database, name))),
            pytest.raises(DBAPIError) as caught,
        ):
            connection.execute(COUNT_VISIT)
        assert caught.value.connection_invalidated
        assert witness.sessions_on_server(empty_database) == 0
    injector.close()


def test_nothing_is_found_where_nothing_is_wrong(empty_database: Database) -> None:
    assert not is_caught(bookcase_trial(empty_database, at_most_a_look, exchange=Exchange("GET", "/add")), "")


def at_most_a_look(request: Any) -> Response:
    """Read one row."""
    return Response(text=str(request.dbsession.get(Shelf, 1).name))
