"""`myapp verify`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from myapp.cli.configuration import config_option, database
from myapp.db import Mode
from myapp.ledger import ledgers, verifying
from myapp.ledger.verifying import Progress, Verification
from myapp.ledger.verifying.rule import WrongRow

# What belongs to no ledger is told under this name, which no ledger can have.
SERVICE = "(service)"

_PAGE_ROWS = 500
_LINE = "{:<24} {:<22} {:>14} {:>10}"

_Step = Callable[[Session, Progress], Verification]


@click.command()
@click.option("--ledger", help="Only this ledger; without it, all of them.")
@config_option
def verify(ledger: str | None, ini: Path) -> None:
    """Recompute the books from their postings; name every row that is wrong, and exit 1 if there is one."""
    with database(ini, mode=Mode.READ) as session:
        found = _run(session, _steps(session, ledger))
    _show(found)
    for name, problem in _problems(found):
        raise click.ClickException(f"{name}: {sentence(problem)}")


def _steps(session: Session, ledger: str | None) -> dict[str, _Step]:
    if ledger is not None:
        return {ledger: _verifying(ledger)}
    return {**{name: _verifying(name) for name in _names(session)}, SERVICE: verifying.verify_service}


def _verifying(ledger: str) -> _Step:
    return lambda session, progress: verifying.verify(session, ledger, progress)


def _names(session: Session) -> Iterator[str]:
    after: str | None = None
    while True:
        page = ledgers.listed(session, limit=_PAGE_ROWS, after=after)
        yield from (view.name for view in page.items)
        if page.next_key is None:
            return
        (after,) = page.next_key


def _run(session: Session, steps: Mapping[str, _Step]) -> dict[str, Verification]:
    checks = len(steps) * len(verifying.CHECKS)
    found = {}
    # On standard error, and only for somebody who watches.
    with click.progressbar(
        length=checks, label="Verifying", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        for name, step in steps.items():
            found[name] = step(session, lambda _: bar.update(1))
    return found


def _show(found: Mapping[str, Verification]) -> None:
    click.echo(_LINE.format("LEDGER", "CHECK", "ROWS CHECKED", "WRONG"))
    for name, verification in found.items():
        for check in verification.checks:
            wrong = f"{check.problem_count:,}" if check.problem_count else "none"
            click.echo(_LINE.format(name, check.name, f"{check.checked:,}", wrong))
    for name, problem in _problems(found):
        click.echo(f"{name}: {sentence(problem)}")


def _problems(found: Mapping[str, Verification]) -> Iterator[tuple[str, WrongRow]]:
    for name, verification in found.items():
        yield from ((name, problem) for check in verification.checks for problem in check.problems)


def sentence(problem: WrongRow) -> str:
    """Return a problem in one line: the row, what is wrong, what was expected and what is there."""
    row = f"{problem.table} {_members(problem.key)}"
    return f"{row}: {problem.message} Expected {_members(problem.expected)}, found {_members(problem.found)}."


def _members(values: Mapping[str, Any]) -> str:
    # As JSON, because whoever tampered may have left characters that a terminal obeys.
    told = (f"{name}={json.dumps(value, default=str)}" for name, value in values.items())
    return " ".join(told) or "nothing else"
