"""`pshell`: a transaction that is begun, and kept only by commit()."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import select

from myapp.db import throwaway
from myapp.ledger.tables import Ledger
from tests.databases import Database

REPOSITORY = Path(__file__).parents[1]
TIMEOUT_S = 60
ADD = "dbsession.add(Ledger(name={!r}, strict_accounts=False, metadata_={{}}, created_at=when))"
PREPARE = "from datetime import UTC, datetime; when = datetime.now(UTC)"


def typed(database: Database, *lines: str) -> str:
    """Type the lines into pshell and return all that it printed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MYAPP_")}
    done = subprocess.run(
        [Path(sys.executable).with_name("pshell"), "development.ini"],
        cwd=REPOSITORY,
        env={**inherited, "MYAPP_DATABASE_URL": database.url},
        input="\n".join([PREPARE, *lines]) + "\n",
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def ledgers(database: Database) -> list[str]:
    with throwaway(database.url) as session:
        return list(session.scalars(select(Ledger.name).order_by(Ledger.name)))


def test_the_shell_offers_the_session_the_manager_and_the_models(database: Database) -> None:
    names = "dbsession, tm, commit, abort, sa, Ledger, Account, Transaction, Posting, request"
    told = typed(database, f"print('offered', len([{names}]))", "print(request.dbsession is dbsession)")
    assert "offered 10" in told
    assert "True" in told
    assert "commit() keeps your changes" in told


def test_what_is_committed_stays(database: Database) -> None:
    typed(database, ADD.format("kept"), "commit()")
    assert ledgers(database) == ["kept"]


def test_leaving_without_a_commit_changes_nothing(database: Database) -> None:
    typed(
        database,
        ADD.format("lost"),
        "dbsession.flush()",
        "print(dbsession.scalars(sa.select(Ledger.name)).all())",
    )
    assert ledgers(database) == []


def test_an_abort_drops_the_changes_and_begins_anew(database: Database) -> None:
    typed(database, ADD.format("lost"), "dbsession.flush()", "abort()", ADD.format("kept"), "commit()")
    assert ledgers(database) == ["kept"]


def test_the_shell_is_usable_after_a_commit_that_failed(database: Database) -> None:
    told = typed(
        database,
        ADD.format("first"),
        "commit()",
        ADD.format("first"),
        "commit()",
        ADD.format("second"),
        "commit()",
    )
    assert "IntegrityError" in told
    assert ledgers(database) == ["first", "second"]


def test_the_session_does_not_commit_by_itself(database: Database) -> None:
    told = typed(database, ADD.format("lost"), "dbsession.commit()")
    assert "LifecycleViolation" in told
    assert ledgers(database) == []


def test_a_commit_on_the_session_is_told_what_to_do_instead(database: Database) -> None:
    told = typed(database, "dbsession.commit()", "abort()", ADD.format("kept"), "commit()")
    assert "commit() keeps your changes and abort() drops them" in told
    assert "2xx" not in told
    assert ledgers(database) == ["kept"]
