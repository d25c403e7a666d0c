"""What is asked of books of every size: each kind of request, the same at each size but for what lies there."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from urllib.parse import urlencode

from benchmarks.growth.places import API, PAGES, Place, Question
from benchmarks.growth.trade import ASSET, BANK, COSTS, SPAN

# A day and an instant well within the span, and a quarter of a year from that day on.
_PLACE_IN_SPAN = 0.6
_QUARTER = timedelta(days=91)

Ask = Callable[[Place, datetime], Question]


@dataclass(frozen=True)
class Kind:
    """A kind of request; `promised` is whether the table holds it to a limit."""

    name: str
    ask: Ask
    promised: bool = True


def _account(times: Callable[[Place, datetime], Mapping[str, str]]) -> Ask:
    return lambda place, start: Question(f"{API}/accounts/{BANK}", urlencode(times(place, start)))


def _at_a_day(start: datetime) -> str:
    return (start + SPAN * _PLACE_IN_SPAN).date().isoformat()


def _at_an_instant(start: datetime) -> str:
    return f"{_at_a_day(start)}T15:00:00Z"


def _known(place: Place) -> str:
    return place.mark.recorded_at.isoformat()


def _statement(place: Place, start: datetime) -> Question:
    return Question(f"{API}/statement", urlencode({"account": BANK, "asset": ASSET}))


def _statement_of_a_quarter(place: Place, start: datetime) -> Question:
    first = (start + SPAN * _PLACE_IN_SPAN).date()
    period = {"from": first.isoformat(), "to": (first + _QUARTER).isoformat()}
    return Question(f"{API}/statement", urlencode({"account": BANK, "asset": ASSET, **period}))


def _far_back(place: Place, start: datetime) -> Question:
    # Whoever walks there page by page has this cursor in the end: the first page's, with another place in it.
    first = place.read(Question(f"{API}/transactions"))["next"]
    question, *_ = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    reached = [question, round(place.mark.recorded_at.timestamp() * 1e6), str(place.mark.id)]
    cursor = base64.urlsafe_b64encode(json.dumps(reached).encode()).decode().rstrip("=")
    return Question(f"{API}/transactions", f"cursor={cursor}")


def _page(path: str, **query: str) -> Ask:
    return lambda place, start: Question(PAGES + path, urlencode(query))


READS = (
    Kind("balance", _account(lambda place, start: {})),
    Kind("balance at a day", _account(lambda place, start: {"at": _at_a_day(start)})),
    Kind("balance at an instant", _account(lambda place, start: {"at": _at_an_instant(start)})),
    Kind("balance known at", _account(lambda place, start: {"known_at": _known(place)})),
    Kind(
        "balance at, known at",
        _account(lambda place, start: {"at": _at_a_day(start), "known_at": _known(place)}),
    ),
    Kind("first statement page", _statement),
    Kind("statement of a quarter", _statement_of_a_quarter),
    Kind("first journal page", lambda place, start: Question(f"{API}/transactions")),
    Kind("journal page far back", _far_back),
    Kind("page: overview", _page(""), promised=False),
    Kind("page: accounts", _page("/accounts"), promised=False),
    Kind("page: register", _page(f"/accounts/{BANK}"), promised=False),
    Kind("page: journal", _page("/journal"), promised=False),
    Kind("page: balance sheet", _page("/reports/balance-sheet"), promised=False),
    Kind("page: income statement", _page("/reports/income-statement"), promised=False),
)
CURRENT, BACKDATED = "POST, current", "POST, backdated"


class Costs:
    """Payments from the bank, one after another: of now, or of any day of the span."""

    def __init__(self, seed: int, start: datetime) -> None:
        self._random = Random(seed)
        self._start = start
        self._number = 0

    def current(self) -> Question:
        """Return a payment that takes effect now."""
        return self._paid({})

    def backdated(self) -> Question:
        """Return a payment that took effect at any time of the span."""
        moment = self._start + SPAN * self._random.random()
        return self._paid({"effective_at": moment.isoformat()})

    def _paid(self, more: Mapping[str, str]) -> Question:
        self._number += 1
        amount = f"{self._random.randrange(100, 50_000) / 100:.2f}"
        postings = [
            {"account": self._random.choice(COSTS), "asset": ASSET, "amount": amount},
            {"account": BANK, "asset": ASSET, "amount": f"-{amount}"},
        ]
        body = json.dumps({"postings": postings, "description": f"Paid {self._number}", **more})
        return Question(f"{API}/transactions", body=body.encode(), key=f"paid-{self._number}")
