"""The row of `make bench` about a request's CPU: it compares like with like. No speed is asserted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from typing import Any

import pytest

from benchmarks import figures, report, request_cost
from benchmarks.bench import ROWS
from benchmarks.effort import FULL, QUICK, Effort, effort_of
from benchmarks.figures import Figure, Row
from benchmarks.opponents import ours, stock
from benchmarks.opponents.work import Served
from benchmarks.request_cost import Client, Environ, compare, reads, writes
from benchmarks.strategies.databases import Databases, PostgresDatabases, sqlite_databases
from benchmarks.strategies.model import ACCOUNTS, OPENING_BALANCE
from benchmarks.strategies.witness import Witness

TINY = Effort(rounds=3, requests=2, warm_up_requests=1)

Serve = Callable[[str], Served]


@pytest.fixture(scope="module")
def sqlite() -> Iterator[Databases]:
    with sqlite_databases() as databases:
        yield databases


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, sqlite: Databases) -> Databases:
    if request.param == "sqlite":
        return sqlite
    return request.getfixturevalue("postgresql")


@pytest.fixture(scope="module")
def postgresql(postgres_server: Any) -> Databases:
    return PostgresDatabases(postgres_server)


@pytest.mark.parametrize("requests", [reads, writes])
def test_both_applications_give_the_same_answers(
    databases: Databases, requests: Callable[[], Iterator[Environ]]
) -> None:
    ours_said, stock_said = (_answers(databases, serve, requests) for serve in (ours.serve, stock.serve))
    assert ours_said == stock_said
    assert len(set(ours_said)) == ACCOUNTS


@pytest.mark.parametrize("serve", [ours.serve, stock.serve])
def test_a_read_answers_the_row_and_a_write_adds_one(databases: Databases, serve: Serve) -> None:
    with databases.fresh() as url, closing(serve(url)) as served:
        status, body = Client(served, reads()).send()
        assert (status, json.loads(body)) == ("200 OK", {"id": 1, "balance": OPENING_BALANCE})
        before = _notes(url)
        status, _ = Client(served, writes()).send()
        assert (status, _notes(url)) == ("201 Created", before + 1)


def test_an_answer_that_is_no_success_ends_the_run(sqlite: Databases) -> None:
    with sqlite.fresh() as url, closing(ours.serve(url)) as served:
        client = Client(served, ({**environ, "PATH_INFO": "/nowhere"} for environ in reads()))
        with pytest.raises(RuntimeError, match="/nowhere was answered 404"):
            client.spend_us(1)


def test_the_stock_recipe_takes_more_settings_of_the_engine(sqlite: Databases) -> None:
    with sqlite.fresh() as url, closing(stock.serve(url, pool_pre_ping="true")) as served:
        assert served.engine.pool._pre_ping
    with sqlite.fresh() as url, closing(stock.serve(url)) as served:
        assert not served.engine.pool._pre_ping


def test_the_figure_of_a_tiny_run_lies_within_its_spread(databases: Databases) -> None:
    figure = compare(databases, TINY, requests=reads)
    assert 0 < figure.low <= figure.value <= figure.high
    assert set(figure.details) == {"ours_us", "opponent_us"}
    assert min(figure.details.values()) > 0


def test_every_row_is_a_claim_of_its_own_and_each_aim_is_beyond_its_reach() -> None:
    places = [(row.name, row.opponent, product) for row in ROWS for product in row.products]
    assert len(places) == len(set(places))
    for row in ROWS:
        assert row.name
        assert row.opponent
        assert row.requirements
        assert set(row.products) <= {"sqlite", "postgresql"}
        assert (row.reach is None) == (row.aim is None)
        if row.reach is not None and row.aim is not None:
            assert row.aim < row.reach if row.less_is_better else row.aim > row.reach


def test_the_read_request_is_promised_at_a_quarter_more_than_the_stock_recipe_at_most() -> None:
    promised = [(row.name, row.opponent, row.reach, row.aim) for row in ROWS if row.reach is not None]
    assert ("one read request, CPU", "the stock recipe", 1.25, 1.0) in promised


@pytest.mark.parametrize(
    ("value", "less_is_better", "verdict"),
    [
        (0.9, True, "aim"),
        (1.0, True, "aim"),
        (1.2, True, "reach"),
        (1.3, True, "missed"),
        (1.3, False, "aim"),
        (1.1, False, "reach"),
        (0.9, False, "missed"),
    ],
)
def test_a_verdict_says_how_far_a_figure_gets(value: float, less_is_better: bool, verdict: str) -> None:
    reach, aim = (1.25, 1.0) if less_is_better else (1.0, 1.25)
    row = replace(_row(), reach=reach, aim=aim, less_is_better=less_is_better)
    assert row.verdict(value) == verdict


def test_a_row_without_a_promise_only_informs() -> None:
    row = replace(_row(), reach=None, aim=None)
    assert (row.verdict(9.0), row.bound(row.reach)) == ("informative", "-")


def test_the_report_keeps_every_figure_with_what_it_was_measured_by(sqlite: Databases) -> None:
    measured = list(report.measure(request_cost.ROWS, [sqlite], TINY))
    assert [row for row, _, _ in measured] == [row for row in request_cost.ROWS if "sqlite" in row.products]
    kept = json.loads(json.dumps(report.as_report(measured, {"sqlite": sqlite.version}, TINY)))
    assert set(kept) == {"command", "seed", "effort", "versions", "figures"}
    assert {"Python", "sqlite", *stock.REQUIREMENTS} <= set(kept["versions"])
    assert len(kept["figures"]) == len(measured)
    for figure in kept["figures"]:
        assert figure["low"] <= figure["value"] <= figure["high"]


def test_the_printed_table_has_a_line_for_each_figure_with_what_it_is_held_against() -> None:
    table = figures.render([(_row(), "sqlite", Figure(1.04, 0.96, 1.12))]).splitlines()
    assert len(table) == 2
    for cell in ("a row", "sqlite", "somebody", "1.04", "0.96 to 1.12", "1.25", "reach"):
        assert cell in table[1]


def test_the_stored_results_are_of_a_whole_run_of_the_rows_that_are_declared() -> None:
    stored_by_now = {path.stem for path in report.RESULTS.glob("*.json")}
    for name in {row.results for row in ROWS} & stored_by_now:
        stored = json.loads((report.RESULTS / f"{name}.json").read_text())
        assert stored["effort"] == asdict(FULL)
        declared = [(row, product) for row in ROWS if row.results == name for product in _order(row)]
        assert [_claim(figure) for figure in stored["figures"]] == [
            (row.name, product, row.opponent, row.reach, row.aim) for row, product in declared
        ]


def test_the_environment_can_ask_for_a_quick_run() -> None:
    assert effort_of({}) == FULL
    assert effort_of({"QUICK": "1"}) == QUICK
    assert QUICK.rounds * QUICK.requests < FULL.rounds * FULL.requests


def _answers(
    databases: Databases, serve: Serve, requests: Callable[[], Iterator[Environ]]
) -> list[tuple[str, bytes]]:
    with ExitStack() as stack:
        served = stack.enter_context(closing(serve(stack.enter_context(databases.fresh()))))
        client = Client(served, requests())
        return [client.send() for _ in range(ACCOUNTS)]


def _notes(url: str) -> int:
    with Witness(url) as witness:
        return int(witness.scalar("SELECT count(*) FROM note"))


def _row() -> Row:
    return Row(
        name="a row",
        opponent="somebody",
        results="nowhere",
        measure=lambda databases, effort: Figure(1.0, 1.0, 1.0),
        requirements=("pyramid",),
        reach=1.25,
        aim=1.0,
    )


def _order(row: Row) -> list[str]:
    return [product for product in ("sqlite", "postgresql") if product in row.products]


def _claim(figure: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(figure[key] for key in ("name", "database", "opponent", "reach", "aim"))
