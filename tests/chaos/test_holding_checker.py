"""The checker finds each fault of batches and holds that it is there for, and nothing where all is well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from tests.chaos.batching import Batch
from tests.chaos.books import Books, Remembered
from tests.chaos.checker import breaches
from tests.chaos.holding import Capture, Hold, Void
from tests.chaos.records import EQUITY, Order, Request, Verdict
from tests.chaos.written import acknowledged, books_of, keep, keep_order, moved, transferred

CASH, BANK = "assets:bank:00", "assets:bank:01"


def a_batch(key: str, verdict: Verdict, *, is_keyed: bool) -> Batch:
    items = tuple(Order(f"{key}/{number}", moved(CASH, BANK, 10), is_keyed=is_keyed) for number in range(3))
    results = [{"transaction": {"id": f"id of {item.key}"}} for item in items]
    answer = {"results": results} if verdict is Verdict.KEPT else None
    return Batch(key, items, verdict=verdict, attempts=1, answer=answer)


def a_hold(key: str) -> Hold:
    hold: Hold = acknowledged(Hold(key, moved(CASH, BANK, 100)))
    return hold


@dataclass
class History:
    """What the clients asked for, some of it acknowledged, and the books that follow from it."""

    hold: Hold = field(default_factory=lambda: a_hold("hold"))
    half: Hold = field(default_factory=lambda: a_hold("half"))
    dropped: Hold = field(default_factory=lambda: a_hold("dropped"))
    left: Hold = field(default_factory=lambda: a_hold("left"))

    def __post_init__(self) -> None:
        self.capture = acknowledged(Capture("capture", self.hold))
        self.void = acknowledged(Void("void", self.dropped))
        part = moved(CASH, BANK, 30)
        self.requests: list[Request] = [
            transferred("fund", EQUITY, CASH, 1000),
            a_batch("batch", Verdict.KEPT, is_keyed=True),
            a_batch("plain", Verdict.KEPT, is_keyed=False),
            a_batch("refused", Verdict.NOTHING, is_keyed=True),
            a_batch("doubtful", Verdict.IN_DOUBT, is_keyed=True),
            *(self.hold, self.half, self.dropped, self.left),
            Hold("doubtful hold", moved(CASH, BANK, 5)),
            Hold("refused hold", moved(CASH, BANK, 5), verdict=Verdict.NOTHING),
            self.capture,
            acknowledged(Capture("part", self.half, part, is_final=False)),
            acknowledged(Capture("rest", self.half, part)),
            self.void,
            Void("late void", self.hold, verdict=Verdict.NOTHING),
            Capture("late capture", self.dropped, verdict=Verdict.NOTHING),
            Capture("doubtful capture", self.left),
        ]
        self.books = books_of(self.requests)

    def asked(self, key: str) -> Request:
        return next(request for request in self.requests if request.key == key)

    def happened(self, key: str) -> Request:
        """Write what nobody was told of, as if it had been acknowledged."""
        request: Request = acknowledged(self.asked(key))
        keep(self.books, request)
        return request

    def found(self) -> list[str]:
        return breaches(self.requests, self.books)


def without(history: History, *keys: str) -> Books:
    """Return the books as if some of what was acknowledged had never been."""
    return books_of([request for request in history.requests if request.key not in keys])


def test_sound_books_are_in_order() -> None:
    assert History().found() == []


def test_a_batch_in_doubt_may_be_there_whole() -> None:
    history = History()
    keep(history.books, a_batch("doubtful", Verdict.KEPT, is_keyed=True))
    assert history.found() == []


def test_a_capture_in_doubt_may_have_happened() -> None:
    history = History()
    history.happened("doubtful capture")
    assert history.found() == []


def a_batch_half_lost(history: History) -> None:
    batch = a_batch("batch", Verdict.KEPT, is_keyed=True)
    history.books = without(history, "batch")
    for item in batch.orders()[:2]:
        keep(history.books, item)
    history.books.answers["batch"] = Remembered(201, batch.answer or {})


def half_of_a_doubtful_batch(history: History) -> None:
    for item in a_batch("doubtful", Verdict.KEPT, is_keyed=True).orders()[1:]:
        keep(history.books, item)


def a_batch_twice(history: History) -> None:
    for item in a_batch("plain", Verdict.KEPT, is_keyed=False).orders():
        keep_order(history.books, item, f"another {item.key}")


def a_refused_batch(history: History) -> None:
    keep(history.books, a_batch("refused", Verdict.KEPT, is_keyed=True))


def a_lost_batch(history: History) -> None:
    history.books = without(history, "plain")


def a_forgotten_answer(history: History) -> None:
    del history.books.answers["plain"]


def an_answer_to_nobody(history: History) -> None:
    history.books.answers["never sent"] = Remembered(201, {})


def a_lost_hold(history: History) -> None:
    history.books = without(history, "left")


def a_hold_that_lost_its_row_alone(history: History) -> None:
    del history.books.holds["id of left"]


def a_hold_twice(history: History) -> None:
    keep(history.books, replace(history.left, answer={"id": "another id"}))
    history.books.answers["left"] = Remembered(201, history.left.answer or {})


def a_refused_hold(history: History) -> None:
    history.happened("refused hold")


def a_strangers_hold(history: History) -> None:
    keep(history.books, a_hold("never sent"))


def a_hold_captured_twice(history: History) -> None:
    again = Capture("again", history.hold)
    history.requests.append(acknowledged(again))
    keep(history.books, history.requests[-1])


def a_hold_captured_and_voided(history: History) -> None:
    history.happened("late void")


def a_hold_voided_and_captured(history: History) -> None:
    history.happened("late capture")


def a_capture_that_nobody_asked_for(history: History) -> None:
    keep(history.books, acknowledged(Capture("unasked", history.left)))


def a_lost_capture(history: History) -> None:
    history.books = without(history, "capture")


def a_capture_without_its_link(history: History) -> None:
    row = history.books.holds["id of hold"]
    history.books.holds["id of hold"] = replace(row, captures=())


def a_capture_that_is_another_transaction(history: History) -> None:
    history.books.descriptions["id of capture"] = "fund"


def a_lost_void(history: History) -> None:
    history.books = without(history, "void")


def a_void_that_let_nothing_go(history: History) -> None:
    history.books = without(history, "void")
    history.books.answers["void"] = Remembered(200, history.void.answer)
    row = history.books.holds["id of dropped"]
    history.books.holds["id of dropped"] = replace(row, status="voided")


def a_capture_of_other_amounts(history: History) -> None:
    history.requests[history.requests.index(history.asked("part"))] = acknowledged(
        Capture("part", history.half, moved(CASH, BANK, 31), is_final=False)
    )


def an_open_hold_that_expired(history: History) -> None:
    row = history.books.holds["id of left"]
    history.books.holds["id of left"] = replace(row, status="expired")


def pending_without_a_hold(history: History) -> None:
    balance = history.books.balances[BANK, "USD"]
    history.books.balances[BANK, "USD"] = replace(balance, pending_debits=balance.pending_debits + 1)


def more_held_than_there_is(history: History) -> None:
    history.requests.append(acknowledged(Hold("greedy", moved(CASH, BANK, 1000))))
    keep(history.books, history.requests[-1])


@pytest.mark.parametrize(
    ("fault", "names"),
    [
        (a_batch_half_lost, {"half", "lost", "forgotten"}),
        (half_of_a_doubtful_batch, {"half"}),
        (a_batch_twice, {"doubled"}),
        (a_refused_batch, {"kept"}),
        (a_lost_batch, {"lost", "forgotten"}),
        (a_forgotten_answer, {"forgotten"}),
        (an_answer_to_nobody, {"dangling"}),
        (a_lost_hold, {"lost", "forgotten"}),
        (a_hold_that_lost_its_row_alone, {"lost", "false pending"}),
        (a_hold_twice, {"doubled"}),
        (a_refused_hold, {"kept"}),
        (a_strangers_hold, {"unknown", "dangling"}),
        (a_hold_captured_twice, {"ended twice", "overcaptured"}),
        (a_hold_captured_and_voided, {"ended twice", "kept"}),
        (a_hold_voided_and_captured, {"ended twice", "kept", "contradicted"}),
        (a_capture_that_nobody_asked_for, {"unasked", "dangling"}),
        (a_lost_capture, {"lost", "forgotten"}),
        (a_capture_without_its_link, {"lost", "unasked", "unknown", "contradicted"}),
        (a_capture_that_is_another_transaction, {"misled", "doubled", "changed"}),
        (a_lost_void, {"forgotten"}),
        (a_void_that_let_nothing_go, {"half let go"}),
        (a_capture_of_other_amounts, {"changed"}),
        (an_open_hold_that_expired, {"changed", "half let go"}),
        (pending_without_a_hold, {"false pending"}),
        (more_held_than_there_is, {"negative"}),
    ],
)
def test_each_fault_is_named(fault: Callable[[History], None], names: set[str]) -> None:
    history = History()
    fault(history)
    found = history.found()
    assert {breach.partition(":")[0] for breach in found} == names, found
