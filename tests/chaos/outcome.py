"""What a run came to, and the table of all runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.chaos.records import KINDS, Record, Verdict


@dataclass(frozen=True)
class Outcome:
    """One run: its numbers, what it did not reach, and everything that was wrong."""

    run: str
    database: str
    seconds: float
    record: Record
    server_kills: int = 0
    database_kills: int = 0
    terminations: int = 0
    slowest_end_s: float = 0.0
    doubtful_kept: int = 0
    short: tuple[str, ...] = ()
    breaches: Sequence[str] = field(default=())

    @property
    def passed(self) -> bool:
        return not self.breaches and not self.short


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the runs as lines of columns."""
    rows = [_row(outcome) for outcome in outcomes]
    names = list(rows[0])
    widths = [max(len(name), *(len(row[name]) for row in rows)) for name in names]
    lines = [names, *([row[name] for name in names] for row in rows)]
    return "\n".join(
        "  ".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True)) for line in lines
    )


def _row(outcome: Outcome) -> dict[str, str]:
    record = outcome.record
    verdicts = [request.verdict for request in record.requests]
    transfers, *others = KINDS
    return {
        "run": outcome.run,
        "database": outcome.database,
        "seconds": f"{outcome.seconds:.0f}",
        "acknowledged": str(record.acknowledged.total()),
        f"of them {transfers}": str(record.acknowledged[transfers]),
        **{kind: str(record.acknowledged[kind]) for kind in others},
        "refused": str(verdicts.count(Verdict.NOTHING)),
        "in doubt": str(verdicts.count(Verdict.IN_DOUBT)),
        "kept of those": str(outcome.doubtful_kept),
        "retries": str(sum(max(0, request.attempts - 1) for request in record.requests)),
        "unanswered": str(record.unanswered),
        "reads": str(record.reads),
        "kills": f"{outcome.server_kills}+{outcome.database_kills}",
        "SIGTERMs": str(outcome.terminations),
        "slowest end": f"{outcome.slowest_end_s:.1f} s",
        "breaches": str(len(outcome.breaches)),
    }
