"""Everybody served at once, each on a fresh database, with the questions that are still to be asked."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.served.contenders import Contender
from benchmarks.served.process import launched
from benchmarks.served.questions import QUESTIONS
from benchmarks.strategies.databases import Databases


@dataclass(frozen=True)
class Stand:
    """Somebody who is being served: where, on which database, and what is to be asked next, by work."""

    name: str
    port: int
    url: str
    questions: Mapping[str, Iterator[bytes]]


def stand(name: str, port: int, url: str) -> Stand:
    """Return somebody who was asked nothing yet."""
    return Stand(name, port, url, {work: questions() for work, questions in QUESTIONS.items()})


@contextmanager
def served_at_once(databases: Databases, everybody: Sequence[Contender]) -> Iterator[list[Stand]]:
    """Serve everybody; who is not asked costs nothing but memory.

    Raises:
        NotServedError: somebody did not start.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="served-")))
        # All are started before the first is waited for, because starting is what takes them long.
        running = []
        for number, contender in enumerate(everybody):
            url = stack.enter_context(databases.fresh())
            running.append((stack.enter_context(launched(contender, url, folder / f"{number}.log")), url))
        for each, _ in running:
            stack.callback(each.ask_to_end)
            each.wait_until_it_answers(next(QUESTIONS["read"]()))
        yield [stand(each.contender.name, each.port, url) for each, url in running]
