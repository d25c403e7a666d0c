"""What application code may do; nothing here bites."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from myapp.db import make_engine, throwaway, unit_of_work

DRIVER_ERRORS = (sqlite3.Error, psycopg.Error)
TRIGGER = "CREATE TRIGGER t BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'no'); END"


def savepoints(session: Session) -> None:
    nested = session.begin_nested()
    try:
        session.flush()
    except Exception:
        nested.rollback()
        raise
    nested.commit()
    with session.begin_nested() as inner:
        inner.rollback()
    if walrus := session.begin_nested():
        walrus.commit()
    session.begin_nested().rollback()


async def savepoint_async(async_session: Any) -> None:
    nested = await async_session.begin_nested()
    await nested.commit()


def statements(session: Session, connection: Connection, name: str) -> None:
    session.execute(text("SELECT 1; SELECT 2"))
    session.execute(text("SET LOCAL statement_timeout = 1"))
    session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    session.execute(text("UPDATE entry SET ended = 1 -- COMMIT"))
    session.execute(text("SELECT ended FROM beginning"))
    session.execute(text(f"SELECT {name}"))
    session.execute(text("PREPARE plan AS SELECT 1"))
    session.execute(text(TRIGGER))
    session.execute(text("DO $$ BEGIN PERFORM 1; END $$"))
    connection.execute(text("SELECT :verb"), {"verb": "COMMIT"})
    print("COMMIT")


def view(request: Any, transaction: Any) -> dict[str, Any]:
    request.session.invalidate()
    transaction.run()
    request.tm.get().addAfterCommitHook(print)
    request.dbsession.flush()
    return {"commit": transaction.commit, "begin": transaction.begin}


def scripts(url: str, factory: Any, engine: Engine) -> None:
    make_engine(url)
    with throwaway(url) as session, unit_of_work(factory) as other:
        session.flush()
        other.flush()
    engine.dispose()


def files(path: Path, variable: Any, token: Any, process: subprocess.Popen[bytes], address: Any) -> None:
    handle = path.open()
    handle.close()
    process.stdout.close()
    with closing(handle):
        pass
    variable.reset(token)
    subprocess.run(["true"], check=True)
    address.connect(("localhost", 1))
    process.prepare()
    abort(404)


def abort(status: int) -> None:
    raise SystemExit(status)


def allowed(request: Any) -> str:
    request.dbsession.commit()  # lifecycle: This line shows that a reason is enough.
    request.dbsession.close()  # noqa: F821  # lifecycle: Another comment may stand before it.
    return "# lifecycle: A string is no allowance."
