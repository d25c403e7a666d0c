"""What docs/session-per-request.md claims: tried anew on SQLite, and held against the numbers it shows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, event, select
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.session_strategies import PAGE, PLOT, RESULTS
from benchmarks.strategies import (
    connections,
    failures,
    memory,
    page,
    plot,
    staleness,
    statements,
    transfers,
    updates,
)
from benchmarks.strategies.databases import Databases, sqlite_databases
from benchmarks.strategies.model import OPENING_BALANCE, Account
from benchmarks.strategies.scale import QUICK
from benchmarks.strategies.sessions import (
    STRATEGIES,
    GlobalSession,
    Ours,
    ScopedForgotten,
    ScopedRemoved,
    SessionPerFunction,
    SessionPerRequest,
    Strategy,
)

REUSED = (GlobalSession, ScopedForgotten)
WHOLE = (ScopedRemoved, SessionPerRequest, Ours)
STOCK = (ScopedForgotten, ScopedRemoved, SessionPerFunction, SessionPerRequest)
VIEW_COMMITS = (GlobalSession, ScopedForgotten, ScopedRemoved, SessionPerRequest)

Measure = Callable[[type[Strategy]], Any]


@pytest.fixture(scope="module")
def databases() -> Iterator[Databases]:
    with sqlite_databases() as databases:
        yield databases


@pytest.fixture(scope="module")
def failing(databases: Databases) -> Measure:
    """Measure failures once for each strategy that a test asks for."""
    found: dict[type[Strategy], failures.Failures] = {}

    def measure(strategy: type[Strategy]) -> failures.Failures:
        if strategy not in found:
            found[strategy] = failures.measure(strategy, databases, QUICK)
        return found[strategy]

    return measure


@pytest.fixture(scope="module")
def report() -> Any:
    return json.loads(RESULTS.read_text())


@pytest.mark.parametrize("strategy", REUSED)
def test_a_reused_session_shows_an_aborted_change_and_commits_it_with_the_next_request(
    strategy: type[Strategy], failing: Measure
) -> None:
    found = failing(strategy)
    assert found.half_left_at_once == 0
    assert found.seen_by_next == found.half_left_after_next_commit == found.locked_out == QUICK.rounds


@pytest.mark.parametrize("strategy", WHOLE)
def test_a_session_that_ends_with_the_request_leaves_nothing_of_a_failed_one(
    strategy: type[Strategy], failing: Measure
) -> None:
    found = failing(strategy)
    assert found.seen_by_next == found.half_left_at_once == found.half_left_after_next_commit == 0
    assert found.locked_out == found.broken_followers == 0


def test_a_session_per_function_has_already_committed_the_half_of_a_failed_request(failing: Measure) -> None:
    found = failing(SessionPerFunction)
    assert found.half_left_at_once == found.seen_by_next == QUICK.rounds
    assert found.locked_out == 0


@pytest.mark.parametrize("strategy", REUSED)
def test_one_integrity_error_breaks_every_later_request_of_a_reused_session(
    strategy: type[Strategy], failing: Measure
) -> None:
    assert failing(strategy).broken_followers == QUICK.rounds


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_forgotten_commit_loses_a_200_only_where_the_view_must_commit(
    strategy: type[Strategy], failing: Measure
) -> None:
    assert failing(strategy).forgotten_commits_lost == (QUICK.rounds if strategy in VIEW_COMMITS else 0)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_reads_are_stale_only_where_a_reused_session_meets_an_object_that_something_keeps(
    strategy: type[Strategy], databases: Databases
) -> None:
    found = staleness.measure(strategy, databases, QUICK)
    assert found.dropped == 0
    assert found.cached == (QUICK.reads if strategy in REUSED else 0)


def test_no_increment_is_lost_or_refused_by_ours_on_sqlite(databases: Databases) -> None:
    found = updates.measure(Ours, databases, QUICK).plain
    assert found.held == found.answered == found.sent


@pytest.mark.parametrize("strategy", STOCK)
def test_increments_are_lost_by_pysqlite_as_it_comes(strategy: type[Strategy], databases: Databases) -> None:
    assert updates.measure(strategy, databases, QUICK).plain.lost > 0


def test_threads_inside_one_global_session_get_errors(databases: Databases) -> None:
    found = updates.measure(GlobalSession, databases, QUICK).plain
    assert {"InvalidRequestError", "IllegalStateChangeError"} & {error.kind for error in found.errors}


@pytest.mark.parametrize("strategy", WHOLE)
def test_threads_conserve_money_where_a_request_is_one_transaction(
    strategy: type[Strategy], databases: Databases
) -> None:
    found = transfers.measure(strategy, databases, QUICK)
    assert (found.missing, found.errors) == (0, [])
    assert found.answered == found.sent - found.meant_to_fail


def test_a_session_per_function_misses_one_unit_for_each_transfer_that_failed(databases: Databases) -> None:
    found = transfers.measure(SessionPerFunction, databases, QUICK)
    assert found.missing == found.meant_to_fail > 0


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_idle_application_holds_connections_only_where_sessions_are_reused(
    strategy: type[Strategy], databases: Databases
) -> None:
    expected = {GlobalSession: 1, ScopedForgotten: QUICK.threads}
    assert connections.measure(strategy, databases, QUICK).checked_out == expected.get(strategy, 0)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_strategy_keeps_objects_that_nothing_refers_to(
    strategy: type[Strategy], databases: Databases
) -> None:
    found = memory.measure(strategy, databases, QUICK)
    assert (found.objects, found.in_identity_maps) == (0, 0)


def test_ours_sends_the_same_sql_whether_commits_expire_objects_or_not(databases: Databases) -> None:
    found = statements.measure(Ours, databases, QUICK)
    assert found.read == ["PRAGMA", "BEGIN", "SELECT", "ROLLBACK"]
    # One PRAGMA asks for the mode of the last transaction, and another one changes it.
    writing = ["PRAGMA", "PRAGMA", "BEGIN", "SELECT", "UPDATE", "COMMIT"]
    assert found.write_expiring == found.write_keeping == writing


def test_an_attribute_read_after_a_views_commit_costs_another_select(databases: Databases) -> None:
    found = statements.measure(SessionPerRequest, databases, QUICK)
    assert found.write_expiring == [*found.write_keeping, "SELECT"]


def test_an_object_of_a_session_per_function_is_detached_and_expired(databases: Databases) -> None:
    found = statements.measure(SessionPerFunction, databases, QUICK)
    assert (found.expiring_error, found.keeping_error) == ("DetachedInstanceError", None)


def test_the_page_and_the_plot_show_the_stored_results(report: Any) -> None:
    assert page.fill(PAGE.read_text(), report) == PAGE.read_text()
    assert plot.render(report["results"]) == PLOT.read_text()


def test_on_postgresql_a_plain_increment_is_lost_by_ours_too_and_a_lock_or_serializable_cures_it(
    report: Any,
) -> None:
    found = report["results"]["postgresql"]["ours"]["updates"]
    assert found["plain"]["held"] < found["plain"]["answered"]
    assert found["for_update"]["held"] == found["for_update"]["sent"]
    assert found["serializable"]["held"] == found["serializable"]["answered"]


def test_on_postgresql_only_ours_hides_serialization_failures_from_clients(report: Any) -> None:
    refused = {
        name: found["updates"]["serializable"]["sent"] - found["updates"]["serializable"]["answered"]
        for name, found in report["results"]["postgresql"].items()
    }
    ours = refused.pop("ours")
    assert ours < min(refused.values())


def test_on_postgresql_a_lock_does_not_help_a_session_per_function(report: Any) -> None:
    found = report["results"]["postgresql"]["per_function"]["updates"]
    assert found["for_update"]["held"] < found["for_update"]["answered"]
    assert found["serializable"]["held"] < found["serializable"]["answered"]


def test_on_postgresql_every_thread_stays_idle_in_transaction_without_remove(report: Any) -> None:
    results = report["results"]["postgresql"]
    held = {name: found["connections"]["in_transaction"] for name, found in results.items()}
    threads = report["scale"]["threads"]
    assert held == dict.fromkeys(held, 0) | {"global": 1, "scoped_forgotten": threads}


def test_the_advice_for_plain_sqlalchemy_commits_a_whole_transfer_and_no_half(databases: Databases) -> None:
    block = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert block is not None
    with databases.fresh() as url:
        names: dict[str, Any] = {"url": url, "Account": Account}
        exec(block[1], names)
        assert names["handle"](1, 2, 30) == "done"
        with pytest.raises(KeyError):
            names["handle"](1, 99, 5)
        assert _balances(url)[:2] == [OPENING_BALANCE - 30, OPENING_BALANCE + 30]
        names["engine"].dispose()


class AdvisedOnSqlite(SessionPerRequest):
    """What the page's last list advises for SQLite."""

    def prepare(self) -> None:
        self.engine = create_engine(self.url, connect_args={"isolation_level": None})
        event.listen(self.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        self.make_session = sessionmaker(self.engine)


def test_the_advice_for_sqlite_loses_no_increment(databases: Databases) -> None:
    found = updates.measure(AdvisedOnSqlite, databases, QUICK).plain
    assert found.held == found.answered == found.sent


def _balances(url: str) -> list[int]:
    engine = create_engine(url)
    try:
        with Session(engine) as session:
            return list(session.scalars(select(Account.balance).order_by(Account.id)))
    finally:
        engine.dispose()
