"""A client that pays: random requests, each repeated with its key until it is answered."""

from __future__ import annotations

import time
from collections.abc import Mapping
from enum import Enum, auto
from random import Random
from threading import Event

from tests.chaos.calling import Answer, NoAnswerError, UnreachableError
from tests.chaos.holding import Board, Hold
from tests.chaos.records import Record, Request, Verdict
from tests.chaos.stage import Stage
from tests.chaos.wishes import wish

# All are killed in turn and come back within seconds; a request that is not answered by then never will be.
SETTLED_WITHIN_S = 120.0
PAUSE_S_MAX = 0.05
# How often a client takes "nothing was changed" at its word and gives up, so that the word is checked.
GIVES_UP = 0.5
# A server that came back gets its share of the load again.
CHANGES_SERVER = 0.1


class Reply(Enum):
    """What one delivery came to."""

    KEPT = auto()  # a success
    REFUSED = auto()  # a decision of the books, which saw that the key is free
    UNCHANGED = auto()  # this delivery changed nothing; an earlier one may have
    UNSENT = auto()  # nobody listened
    UNKNOWN = auto()  # no whole answer, or one that says it does not know


FINAL: Mapping[Reply, Verdict] = {Reply.KEPT: Verdict.KEPT, Reply.REFUSED: Verdict.NOTHING}


class Payer:
    """One client on one thread; a patient one repeats, another leaves in doubt what was not answered."""

    def __init__(
        self, name: str, stage: Stage, board: Board, random: Random, stop: Event, *, patient: bool
    ) -> None:
        self.record = Record()
        self._name = name
        self._callers = stage.callers()
        self._caller = random.randrange(len(self._callers))
        self._board = board
        self._random = random
        self._stop = stop
        self._patient = patient

    def run(self) -> None:
        """Pay until told to stop; the last request is settled first."""
        number = 0
        while not self._stop.is_set():
            number += 1
            request = wish(f"{self._name}-{number}", self._random, self._board)
            self.record.requests.append(request)
            if self._random.random() < CHANGES_SERVER:
                self._go_to_the_next_server()
            self._settle(request)
            if isinstance(request, Hold) and request.verdict is Verdict.KEPT:
                self._board.put(request)
        for caller in self._callers:
            caller.close()

    def _settle(self, request: Request) -> None:
        deadline_s = time.monotonic() + SETTLED_WITHIN_S
        doubted = False
        while time.monotonic() < deadline_s:
            reply = self._deliver(request)
            doubted = doubted or reply is Reply.UNKNOWN
            if reply in FINAL:
                request.verdict = FINAL[reply]
                return
            self._stop.wait(self._random.uniform(0, PAUSE_S_MAX))
            if self._leaves(reply, doubted=doubted):
                request.verdict = Verdict.IN_DOUBT if doubted else Verdict.NOTHING
                return
        self.record.breaches.append(f"unsettled: {request.key} had no answer in {SETTLED_WITHIN_S} s")

    def _leaves(self, reply: Reply, *, doubted: bool) -> bool:
        if self._patient:
            return reply is Reply.UNCHANGED and not doubted and self._random.random() < GIVES_UP
        return True

    def _deliver(self, request: Request) -> Reply:
        request.attempts += 1
        try:
            answer = self._callers[self._caller].post(request.path, request.body(), request.key)
        except UnreachableError:
            self._go_to_the_next_server()
            return Reply.UNSENT
        except NoAnswerError:
            self.record.unanswered += 1
            self._go_to_the_next_server()
            return Reply.UNKNOWN
        return self._understood(request, answer)

    def _go_to_the_next_server(self) -> None:
        self._caller = (self._caller + 1) % len(self._callers)

    def _understood(self, request: Request, answer: Answer) -> Reply:
        if answer.status == request.accepted:
            self.record.acknowledged[request.kind] += 1
            request.answer = answer.document
            return Reply.KEPT
        if answer.code in request.refusals:
            return Reply.REFUSED
        if (answer.status, answer.code) == (409, "idempotency_in_progress"):
            return Reply.UNCHANGED
        if answer.status == 503:
            return Reply.UNCHANGED if answer.says_nothing_was_changed else Reply.UNKNOWN
        self.record.breaches.append(f"unexpected: {request.key} was answered {answer}")
        return Reply.UNKNOWN
