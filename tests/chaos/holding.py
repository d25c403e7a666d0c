"""Money that is set aside, what is then done with it, and the holds that several clients know of."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from tests.chaos.records import HOLDS, Leg, Request, postings_of

# So often is a hold given to a client that ends it, whatever became of it the time before.
TAKEN_TIMES = 2
OVER = frozenset({"hold_not_open", "hold_expired"})


@dataclass
class Hold(Request):
    """An amount set aside, some until a time; the description carries the key, as an order's does."""

    kind = "holds"
    # Repeated so late that it is expired by now, it is a bad request.
    refusals = Request.refusals | {"invalid_request"}

    legs: tuple[Leg, ...]
    expires_at: str | None = field(default=None, kw_only=True)

    @property
    def path(self) -> str:
        return HOLDS

    def body(self) -> dict[str, Any]:
        """Return a transaction's body, with its end if it has one."""
        end = {} if self.expires_at is None else {"expires_at": self.expires_at}
        return {"postings": postings_of(self.legs), "description": self.key, **end}

    def transactions(self) -> list[dict[str, Any]]:
        return []


@dataclass
class Capture(Request):
    """The capture of a hold, whole without `legs`; others may try to end it at the same time."""

    kind = "captures"
    refusals = OVER | {"capture_exceeds_hold"}

    hold: Hold
    legs: tuple[Leg, ...] | None = None
    is_final: bool = True

    @property
    def path(self) -> str:
        return f"{HOLDS}/{self.hold.answered_id}/capture"

    def body(self) -> dict[str, Any]:
        """Return what is to be taken."""
        if self.legs is None:
            return {}
        return {"postings": postings_of(self.legs), "final": self.is_final}

    def transactions(self) -> list[dict[str, Any]]:
        return [] if self.answer is None else [self.answer]


@dataclass
class Void(Request):
    """The end of a hold without a capture."""

    kind = "voids"
    accepted = 200
    refusals = OVER

    hold: Hold

    @property
    def path(self) -> str:
        return f"{HOLDS}/{self.hold.answered_id}/void"

    def body(self) -> dict[str, Any]:
        """Return nothing: there is nothing to say."""
        return {}

    def transactions(self) -> list[dict[str, Any]]:
        return []


class Board:
    """The holds that were placed and may still be open; each is given away twice, so that clients meet."""

    def __init__(self) -> None:
        self._holds: deque[Hold] = deque()
        self._lock = Lock()

    def put(self, hold: Hold) -> None:
        """Let all clients know of a hold."""
        with self._lock:
            self._holds.extend([hold] * TAKEN_TIMES)

    def take(self) -> Hold | None:
        """Return the hold that waited longest, None without any."""
        with self._lock:
            return self._holds.popleft() if self._holds else None
