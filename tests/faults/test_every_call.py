"""I8: whichever call to the database fails, in whichever way, the answer is true and nothing is left behind.

Every call of every route is hit here, though not with every kind of fault each time: `make faults` leaves
nothing out, and tries pairs.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from myapp.api.route import Route
from tests.databases import Database
from tests.faults import examples
from tests.faults.bookcase import VIEWS, bookcase_trial
from tests.faults.conftest import Report
from tests.faults.ledger import ledger_stage, ledger_trial, wrong_rows
from tests.faults.sweep import Plan, plans, sweep
from tests.faults.verdict import Trial

# Where RELEASE SAVEPOINT fails SQLAlchemy warns, too; where the connection is gone psycopg cannot close a
# cursor of the server's, and warns when it is collected. Made errors, the warnings would hide the failure.
pytestmark = [
    pytest.mark.filterwarnings("ignore:nested transaction already deassociated"),
    pytest.mark.filterwarnings("ignore:<tests.faults.gated:ResourceWarning"),
]

POSTS = [route for route in examples.WRITING if route.method == "POST"]

# The least that each test must have injected: a request always asks the database several things.
WRITING_MIN, KEYLESS_MIN, READING_MIN = 4, 14, 2
FOREIGN_MIN = {"sqlite": 233, "postgresql": 82}
# Every seventeenth fault, another seventeenth for the next route: together the routes meet all of them. It
# divides no number of kinds, so no kind is left out.
WRITING_STRIDE = 17
# A read can do less harm, so fewer of its faults are enough here.
READING_STRIDE = 29
# What asks as often as `verify` meets enough of them with a fifth of that.
OFTEN, SELDOM = 20, 3


def run(report: Report, trial: Trial, at_least: int, *, start: int = 0, stride: int = 1) -> None:
    """Inject every `stride`-th fault of a trial, beginning with the one numbered `start`."""
    rehearsal = trial.stage.rehearse(trial.exchange, trial.look)
    wanted = every(stride, start, plans(trial.stage.database.dialect, rehearsal))
    report(sweep(trial, rehearsal, wanted), at_least)


def every(stride: int, start: int, all_plans: Iterator[Plan]) -> Iterator[Plan]:
    """Yield each plan whose turn it is."""
    return (plan for number, plan in enumerate(all_plans) if number % stride == start)


@pytest.mark.parametrize("route", examples.WRITING, ids=examples.name)
def test_a_writing_request_is_true_whichever_call_fails(
    database: Database, route: Route, report: Report
) -> None:
    stage, ids = ledger_stage(database)
    with stage:
        start = examples.WRITING.index(route) % WRITING_STRIDE
        trial = ledger_trial(stage, ids, route, with_key=True)
        run(report, trial, WRITING_MIN, start=start, stride=WRITING_STRIDE)
        assert wrong_rows(stage) == []


@pytest.mark.parametrize("route", POSTS, ids=examples.name)
def test_a_request_without_a_key_is_true_too(database: Database, route: Route, report: Report) -> None:
    stage, ids = ledger_stage(database)
    with stage:
        trial = ledger_trial(stage, ids, route, with_key=False)
        rehearsal = stage.rehearse(trial.exchange, trial.look)
        # What the key changes is what becomes of a COMMIT in doubt; the rest was tried with it.
        last = max(number for number, call in enumerate(rehearsal.warm) if call.name == "commit")
        of_the_end = (
            plan
            for plan in plans(database.dialect, rehearsal)
            if not plan.is_cold and plan.faults[0].number >= last - 1
        )
        report(sweep(trial, rehearsal, of_the_end), KEYLESS_MIN)


@pytest.mark.parametrize("route", examples.READING, ids=examples.name)
def test_a_read_tells_what_is_there_or_that_it_cannot(
    database: Database, route: Route, report: Report
) -> None:
    stage, ids = ledger_stage(database)
    with stage:
        trial = ledger_trial(stage, ids, route, with_key=False)
        # The page of links asks the database nothing.
        stride = READING_STRIDE * (SELDOM if route.budget > OFTEN else 1)
        run(report, trial, READING_MIN if route.budget else 0, stride=stride)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_any_application_on_the_session_is_true(
    empty_database: Database, view: object, report: Report
) -> None:
    trial = bookcase_trial(empty_database, view)
    with trial.stage:
        run(report, trial, FOREIGN_MIN[empty_database.dialect])


def test_every_writing_route_has_an_example() -> None:
    known = examples.BODIES.keys() | examples.TEXTS.keys()
    assert known == {(route.method, route.path) for route in examples.WRITING}


def test_the_least_that_is_injected_is_a_thousand() -> None:
    asking = [route for route in examples.READING if route.budget]
    on_each = WRITING_MIN * len(examples.WRITING) + KEYLESS_MIN * len(POSTS) + READING_MIN * len(asking)
    assert len(FOREIGN_MIN) * on_each + sum(FOREIGN_MIN.values()) * len(VIEWS) >= 1_000
