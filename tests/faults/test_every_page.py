"""I8 for the pages: a form whose request fails in its database keeps all or nothing, and is answered truly.

The views share their use cases with the API, whose every fault is tried in `test_every_call`; new is only
the way around them, so that some of the faults are enough.
"""

from __future__ import annotations

import pytest

from myapp.web.page import Page
from tests.databases import Database
from tests.faults.conftest import Report
from tests.faults.ledger import LOOK, ledger_stage, wrong_rows
from tests.faults.stage import Answer
from tests.faults.sweep import plans, sweep
from tests.faults.test_every_call import every
from tests.faults.verdict import Trial
from tests.web.examples import WRITING, exchange, name

# Every how many faults one is tried, which divides no number of kinds; and the least that makes.
STRIDE, LEAST = 23, 5


def unavailable_page(answer: Answer) -> str:
    """Return what is wrong with the answer to a fault of the database: it must be a 503 that is a page."""
    if answer.error:
        return "an exception reached the server"
    if (answer.status, answer.content_type) != (503, "text/html"):
        return "that is not 503 as a page"
    return ""


@pytest.mark.filterwarnings("ignore:nested transaction already deassociated")
@pytest.mark.parametrize("page", WRITING, ids=name)
def test_a_form_is_true_whichever_call_fails(database: Database, page: Page, report: Report) -> None:
    stage, ids = ledger_stage(database)
    with stage:
        trial = Trial(stage, exchange(page, ids), LOOK, unavailable_page)
        rehearsal = stage.rehearse(trial.exchange, trial.look)
        report(sweep(trial, rehearsal, every(STRIDE, 0, plans(database.dialect, rehearsal))), LEAST)
        assert wrong_rows(stage) == []
