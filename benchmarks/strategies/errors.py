"""The errors of a run, counted by class, each with the first message that was seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import shorten

from benchmarks.strategies.site import Answer

MESSAGE_CHARACTERS = 140


@dataclass(frozen=True)
class Errors:
    """One class of exception: how often, and what it said first."""

    kind: str
    count: int
    example: str


def errors_of(answers: Iterable[Answer], expected: type[Exception] | None = None) -> list[Errors]:
    """Count the errors, the most frequent first, without those that the request asked for."""
    errors = [each.error for each in answers if each.error is not None]
    unexpected = [error for error in errors if expected is None or not isinstance(error, expected)]
    examples = {_kind(error): _message(error) for error in reversed(unexpected)}
    counts = Counter(_kind(error) for error in unexpected)
    return [Errors(kind, count, examples[kind]) for kind, count in counts.most_common()]


def _kind(error: Exception) -> str:
    # SQLAlchemy wraps the driver's exception, and the driver's name says more.
    original = getattr(error, "orig", None)
    return type(error if original is None else original).__name__


def _message(error: Exception) -> str:
    # The link to the documentation is longer than the message, and a bar would end the table's cell.
    first_line = (str(error).splitlines() or [""])[0].split(" (Background on")[0]
    return shorten(first_line, MESSAGE_CHARACTERS, placeholder=" …").replace("|", "/")
