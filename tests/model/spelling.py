"""How the API spells what the model counts: amounts, limits, times, and bodies of requests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from tests.model.books import Bounds, Entry
from tests.model.legs import Leg, Legs

SCALES = {"USD": 2, "JPY": 0}


@dataclass(frozen=True)
class Asked:
    """A transaction as a client would have it; `trip` is all its metadata."""

    legs: Legs
    day: str | None = None
    reference: str | None = None
    trip: str | None = None

    @property
    def body(self) -> dict[str, Any]:
        body = {"postings": as_sent(self.legs), "effective_at": self.day, "reference": self.reference}
        return {**body, "metadata": {} if self.trip is None else {"trip": self.trip}}


def written(amount: int, asset: str) -> str:
    """Return an amount of the smallest unit as the API writes it."""
    scale = SCALES.get(asset, 2)
    sign, digits = "-" if amount < 0 else "", str(abs(amount)).rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else f"{sign}{digits}"


def as_sent(legs: Iterable[Leg]) -> list[dict[str, str]]:
    return [
        {"account": path, "asset": asset, "amount": written(amount, asset)} for path, asset, amount in legs
    ]


def limits_sent(limit: Bounds, asset: str) -> dict[str, str]:
    named = zip(("min", "max"), limit, strict=True)
    return {name: written(bound, asset) for name, bound in named if bound is not None}


def moment(text: str) -> datetime:
    """Return a time that was answered."""
    return datetime.fromisoformat(text)


def first_instant(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def last_instant(day: str) -> datetime:
    return first_instant(day) + timedelta(days=1, microseconds=-1)


def sent(time: datetime) -> str:
    """Return a time for a query or a body."""
    return time.isoformat().replace("+00:00", "Z")


def query(**given: object) -> str:
    """Return the parameters that are given, to follow on others."""
    texts = {name: sent(each) if isinstance(each, datetime) else str(each) for name, each in given.items()}
    return "".join(f"&{name}={quote(text)}" for name, text in texts.items() if given[name] is not None)


def entry_of(receipt: dict[str, Any], asked: Asked) -> Entry:
    """Return a transaction that was answered; its legs are those that were asked for."""
    times = moment(receipt["effective_at"]), moment(receipt["recorded_at"])
    return Entry(receipt["id"], *times, asked.legs, asked.reference, asked.trip, receipt["reverses"])
