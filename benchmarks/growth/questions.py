"""What is asked of books of every size: each kind of request, alike at each size but for what lies there."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from urllib.parse import urlencode

from benchmarks.growth.places import API, PAGES, Place, Question
from benchmarks.growth.trade import ASSET, BANK, COSTS, SPAN

# A day well within the span, and a quarter of a year from it on.
_PLACE_IN_SPAN = 0.6
_QUARTER = timedelta(days=91)

Ask = Callable[[Place], Question]
_Bound = Callable[[Place], tuple[str, str]]


@dataclass(frozen=True)
class Kind:
    """A kind of request; `promised` is whether the table holds it to a limit."""

    name: str
    ask: Ask
    promised: bool = True


def _day(place: Place) -> date:
    return (place.start + SPAN * _PLACE_IN_SPAN).date()


def _at_a_day(place: Place) -> tuple[str, str]:
    return "at", _day(place).isoformat()


def _at_an_instant(place: Place) -> tuple[str, str]:
    return "at", f"{_day(place).isoformat()}T15:00:00Z"


def _known_at(place: Place) -> tuple[str, str]:
    return "known_at", place.mark.recorded_at.isoformat()


def _of_a_quarter(place: Place) -> tuple[tuple[str, str], ...]:
    first = _day(place)
    return ("from", first.isoformat()), ("to", (first + _QUARTER).isoformat())


def _balance(*bounds: _Bound) -> Ask:
    return lambda place: Question(f"{API}/accounts/{BANK}", urlencode([bound(place) for bound in bounds]))


def _statement_of_a_quarter(place: Place) -> Question:
    first = _statement(place)
    return Question(first.path, f"{first.query}&{urlencode(_of_a_quarter(place))}")


def _statement(_: Place) -> Question:
    return Question(f"{API}/statement", urlencode({"account": BANK, "asset": ASSET}))


def _always(path: str) -> Ask:
    return lambda _: Question(path)


def _far_back(place: Place) -> Question:
    # Whoever walks there page by page has this cursor in the end: the first page's, with another place in it.
    first = place.read(Question(f"{API}/transactions"))["next"]
    question, *_ = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    reached = [question, round(place.mark.recorded_at.timestamp() * 1e6), str(place.mark.id)]
    cursor = base64.urlsafe_b64encode(json.dumps(reached).encode()).decode().rstrip("=")
    return Question(f"{API}/transactions", f"cursor={cursor}")


READS = (
    Kind("balance", _balance()),
    Kind("balance at a day", _balance(_at_a_day)),
    Kind("balance at an instant", _balance(_at_an_instant)),
    Kind("balance known at", _balance(_known_at)),
    Kind("balance at, known at", _balance(_at_a_day, _known_at)),
    Kind("first statement page", _statement),
    Kind("statement of a quarter", _statement_of_a_quarter),
    Kind("first journal page", _always(f"{API}/transactions")),
    Kind("journal page far back", _far_back),
    Kind("page: overview", _always(PAGES), promised=False),
    Kind("page: accounts", _always(f"{PAGES}/accounts"), promised=False),
    Kind("page: register", _always(f"{PAGES}/accounts/{BANK}"), promised=False),
    Kind("page: journal", _always(f"{PAGES}/journal"), promised=False),
    Kind("page: balance sheet", _always(f"{PAGES}/reports/balance-sheet"), promised=False),
    Kind("page: income statement", _always(f"{PAGES}/reports/income-statement"), promised=False),
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
