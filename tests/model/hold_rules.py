"""Rules about holds: place, capture and void them, and let the time go by."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from tests.model.drawing import asked, days, keys, share, ticks
from tests.model.holds import TICK, Hold
from tests.model.legs import Legs
from tests.model.machine import Machine
from tests.model.spelling import Asked, as_sent, moment, sent


class HoldRules(Machine):
    """What is set aside, and what becomes of it."""

    @rule(asked=asked, ticks=ticks, key=keys)
    def place_hold(self, asked: Asked, ticks: int | None, key: str | None) -> None:
        expires_at = None if ticks is None else self.clock.now + ticks * TICK
        body = {**asked.body, "expires_at": None if expires_at is None else sent(expires_at)}
        foretold = self.books.to_hold(asked.legs, asked.reference, expires_at)
        if made := self.post("holds", body, foretold, key):
            self.books.open_for(asked.legs)
            left = [amount for _, _, amount in asked.legs]
            times = expires_at, moment(made["recorded_at"])
            hold = Hold(made["id"], asked.legs, left, *times, asked.reference, asked.trip)
            self.books.holds.kept.append(hold)

    @precondition(lambda self: self.books.holds.kept)
    @rule(data=st.data(), day=days, key=keys)
    def capture_what_is_left(self, data: Any, day: str | None, key: str | None) -> None:
        self._capture(self.any_hold(data), None, {"effective_at": day}, key)

    @precondition(lambda self: self.books.holds.kept)
    @rule(data=st.data(), percent=st.integers(1, 120), final=st.booleans(), key=keys)
    def capture_a_part(self, data: Any, percent: int, final: bool, key: str | None) -> None:
        number, holds = self.any_hold(data), self.books.holds
        legs = share(holds.left(number) or holds.kept[number].legs, percent)
        self._capture(number, legs, {"final": final, "postings": as_sent(legs)}, key)

    def _capture(self, number: int, legs: Legs | None, body: dict[str, Any], key: str | None) -> None:
        hold, foretold = self.books.holds.kept[number], self.books.to_capture(number, legs)
        if receipt := self.post(f"holds/{hold.id}/capture", body, foretold, key):
            taken = self.books.holds.left(number) if legs is None else legs
            self.keep(receipt, Asked(taken, body.get("effective_at"), None, hold.trip))
            self.books.holds.capture(number, taken, receipt["id"], final=body.get("final", True))

    @precondition(lambda self: self.books.holds.kept)
    @rule(data=st.data(), key=keys)
    def void_hold(self, data: Any, key: str | None) -> None:
        number, holds = self.any_hold(data), self.books.holds
        url = f"holds/{holds.kept[number].id}/void"
        if self.post(url, {}, holds.to_end(number), key, status=200):
            holds.void(number)

    @invariant()
    def every_step_takes_a_while(self) -> None:
        self._let_go_by(TICK / 4)

    @rule(ticks=st.integers(1, 2))
    def wait(self, ticks: int) -> None:
        self._let_go_by(ticks * TICK)

    def _let_go_by(self, time: timedelta) -> None:
        self.clock.now += time
        self.books.holds.now = self.clock.now

    def any_hold(self, data: Any) -> int:
        """Return the number of a hold, most often one of the newest."""
        newest = len(self.books.holds.kept) - 1
        back: int = data.draw(st.integers(0, min(newest, 3)) | st.integers(0, newest))
        return newest - back
