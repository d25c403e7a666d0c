"""Run the checks over one ledger, or over what belongs to none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from myapp.ledger.books import Book, open_book
from myapp.ledger.idempotency import SERVICE
from myapp.ledger.types import Int64
from myapp.ledger.verifying import captures, holds, journal, keys, owners, records, reversals, totals
from myapp.ledger.verifying.rule import PROBLEMS_MAX, Check, WrongRow
from myapp.ledger.verifying.tables import own

# Told the name of each check before it begins.
Progress = Callable[[str], None]

# A table with checks of its own adds its module's here.
CHECKS: tuple[Check, ...] = (
    *journal.CHECKS,
    *totals.CHECKS,
    *reversals.CHECKS,
    *records.CHECKS,
    *keys.CHECKS,
    *holds.CHECKS,
    *captures.CHECKS,
)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found: `checked` rows were looked at, `problem_count` are wrong, the first are named."""

    name: str
    ok: bool
    checked: int
    problem_count: int
    problems: Sequence[WrongRow]


@dataclass(frozen=True, slots=True)
class Verification:
    """What all checks found."""

    ok: bool
    checks: Sequence[CheckResult]


def _ignore(name: str) -> None:
    """Tell nobody."""


def verify(session: Session, ledger: str, progress: Progress = _ignore) -> Verification:
    """Recompute a ledger from its postings and name the rows that are wrong, in one snapshot of a reader.

    Raises:
        LedgerNotFound: there is none of this name.
    """
    return _run(session, open_book(session, ledger, None), CHECKS, progress)


def verify_service(session: Session, progress: Progress = _ignore) -> Verification:
    """Verify what belongs to no ledger: the service's own keys, and rows whose ledger is not there."""
    service = Book(SERVICE, "", strict_accounts=False)
    return _run(session, service, (*keys.CHECKS, owners.check()), progress)


def _run(session: Session, book: Book, checks: Sequence[Check], progress: Progress) -> Verification:
    counts = _counts(session, book, checks)
    results = []
    for check in checks:
        progress(check.name)
        results.append(_result(session, book, check, counts[check.table.name]))
    return Verification(all(result.ok for result in results), results)


def _counts(session: Session, book: Book, checks: Sequence[Check]) -> dict[str, int]:
    # One statement for all tables, each counted once, however many checks look at it.
    counts = {check.table.name: _count(check) for check in checks}
    labelled = [counts[name].label(name) for name in sorted(counts)]
    row = session.execute(select(*labelled), {"ledger_id": book.id}).mappings().one()
    return dict(row)


def _count(check: Check) -> Any:
    whose = true() if check.everywhere else own(check.table)
    return select(func.count(type_=Int64)).select_from(check.table).where(whose).scalar_subquery()


def _result(session: Session, book: Book, check: Check, checked: int) -> CheckResult:
    found = [each.broken(session, book) for each in check.rules]
    problems = [problem for each in found for problem in each.problems]
    count = sum(each.count for each in found)
    return CheckResult(check.name, count == 0, checked, count, problems[:PROBLEMS_MAX])
