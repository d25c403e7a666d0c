"""The rows of `make bench` about growth: their books are true, and asked alike. No speed is asserted."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from sqlalchemy import func, select

from benchmarks import report
from benchmarks.effort import Effort
from benchmarks.growth import growing, plot
from benchmarks.growth.generator import LEDGER, extend, found
from benchmarks.growth.places import API, Place, Question
from benchmarks.growth.questions import BACKDATED, CURRENT, READS, Costs
from benchmarks.growth.rows import ROWS
from benchmarks.growth.trade import ACCOUNTS, BANK, POSTINGS_EACH, SPAN, Trade
from benchmarks.strategies.databases import sqlite_databases
from myapp.db import Mode, throwaway
from myapp.ledger.tables import Posting
from myapp.ledger.verifying import verify
from tests.databases import Database

TINY = Effort(rounds=3, requests=2, warm_up_requests=1)
END = datetime(2026, 11, 21, 12, tzinfo=UTC)
POSTINGS = 400


def test_a_trade_has_its_shape_at_every_size() -> None:
    trade = Trade(7, END)
    assert 190 <= len(ACCOUNTS) <= 210
    for size in (1_000, 9_000):
        drafts = [item.draft for item in trade.items(size)]
        touched = Counter(posting.account for draft in drafts for posting in draft.postings)
        assert size <= touched.total() <= size + 2
        assert touched.total() / len(drafts) == pytest.approx(POSTINGS_EACH, rel=0.05)
        assert touched[BANK] / touched.total() == pytest.approx(0.3, abs=0.03)
        times = [draft.effective_at for draft in drafts if draft.effective_at is not None]
        assert min(times) - trade.start < SPAN / 20
        assert END - max(times) < SPAN / 20
        assert max(times) <= END
        late = sum(later < earlier for earlier, later in pairwise(times))
        assert 0.02 <= late / len(drafts) <= 0.08


def test_the_same_seed_draws_the_same_trade() -> None:
    first, again, other = (list(Trade(seed, END).items(100)) for seed in (7, 7, 8))
    assert first == again != other


# On SQLite the rows' own test does it.
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_grown_books_are_true_and_every_question_is_answered(empty_database: Database) -> None:
    url, trade, told = empty_database.url, Trade(7, datetime.now(UTC)), list[int]()
    found(url)
    extend(url, trade, POSTINGS, told.append)
    place = Place(url, trade.start)
    for kind in READS:
        assert place.time_us(kind.ask(place)) > 0
    costs = Costs(7, trade.start)
    for question in (costs.current(), costs.backdated(), costs.backdated()):
        assert place.time_us(question) > 0
    place.close()
    with throwaway(url, mode=Mode.READ) as session:
        assert [check for check in verify(session, LEDGER).checks if not check.ok] == []
        written = session.execute(select(func.count()).select_from(Posting)).scalar_one()
    assert written == sum(told) + 3 * 2
    assert len(told) > 1


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_page_far_back_goes_on_behind_the_middle(
    empty_database: Database,
) -> None:
    found(empty_database.url)
    extend(empty_database.url, Trade(7, END), POSTINGS, lambda written: None)
    place = Place(empty_database.url, END - SPAN)
    (far_back,) = (kind.ask for kind in READS if kind.name == "journal page far back")
    page = place.read(far_back(place))["data"]
    whole = place.read(Question(f"{API}/transactions", "limit=500"))["data"]
    ids = [each["id"] for each in whole]
    first = ids.index(str(place.mark.id)) + 1
    assert [each["id"] for each in page] == ids[first : first + 50]
    assert abs(first - len(ids) / 2) <= 1
    # An answer that is no success ends the run.
    with pytest.raises(RuntimeError, match="was answered 404"):
        place.time_us(Question(f"{API}/nowhere"))
    place.close()


def test_every_row_is_measured_from_books_that_grow_once() -> None:
    with sqlite_databases() as databases:
        measured = list(report.measure(ROWS, [databases], TINY))
    assert growing.grown.cache_info().misses == 1
    assert [row for row, _, _ in measured] == list(ROWS)
    kept = json.loads(json.dumps(report.as_report(measured, {"sqlite": "3"}, TINY)))
    curves = plot.curves_of(kept)
    assert len(curves) == len(READS) + len([CURRENT, BACKDATED])
    assert {len(by_product["sqlite"]) for by_product in curves.values()} == {2}
    for figure in kept["figures"]:
        assert figure["value"] > 0 or figure["unit"] == "MiB"
    ElementTree.fromstring(plot.render(kept))


def test_the_stored_plot_is_of_the_stored_results() -> None:
    stored = json.loads(plot.RESULTS.read_text())
    assert plot.PLOT.read_text() == plot.render(stored)
    panels = re.findall(r'font-weight="bold">([^<]+)</text>', plot.PLOT.read_text())[1:]
    assert panels == [
        row.name.partition(", largest")[0] for row in ROWS if row.opponent == "the smallest books"
    ]
