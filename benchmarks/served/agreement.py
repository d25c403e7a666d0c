"""Everybody does the same work, or nobody is measured: answers are compared, and what was committed."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

from benchmarks.served.client import ask_once
from benchmarks.served.stands import Stand
from benchmarks.strategies.model import ACCOUNTS
from benchmarks.strategies.witness import Witness


class DisagreementError(RuntimeError):
    """Two of them answered the same request differently, or one did not keep what it acknowledged."""


def see_that_they_agree(stands: Sequence[Stand]) -> None:
    """Ask each of them the same, and compare all with the first.

    Raises:
        DisagreementError: they differ.
    """
    first, *others = stands
    expected = _answers(first)
    for other in others:
        for ours, theirs in zip(expected, _answers(other), strict=True):
            if ours != theirs:
                raise DisagreementError(f"{first.name} gives {ours}, and {other.name} gives {theirs}.")


def _answers(stand: Stand) -> list[tuple[Any, ...]]:
    with Witness(stand.url) as witness:
        return [
            _answer(stand.port, request, witness)
            for questions in stand.questions.values()
            for request in itertools.islice(questions, ACCOUNTS)
        ]


def _answer(port: int, request: bytes, witness: Witness) -> tuple[Any, ...]:
    answer = ask_once(port, request)
    # Counted when the answer is there: a note that is committed only later is missing here.
    notes = witness.scalar("SELECT count(*) FROM note")
    # JSON is compared as what it means: Flask sorts the names, and FastAPI writes no spaces.
    return answer.status, answer.media_type, json.loads(answer.body), notes
