"""SQL that controls the transaction, or the settings of the connection."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy import text as sql

_COMMIT = "COMMIT"


def view(session: Any, connection: Any, cursor: Any, name: str) -> None:
    text("BEGIN")  # bites
    text("COMMIT")  # bites
    text("ROLLBACK TO SAVEPOINT a")  # bites
    text("SAVEPOINT a")  # bites
    text("RELEASE a")  # bites
    text("SET TRANSACTION READ ONLY")  # bites
    text("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")  # bites
    text("SET search_path TO elsewhere")  # bites
    text("RESET ALL")  # bites
    text("DISCARD ALL")  # bites
    text("PRAGMA query_only = OFF")  # bites
    text("START  TRANSACTION")  # bites
    text("END")  # bites
    text("ABORT")  # bites
    text("PREPARE TRANSACTION 'a'")  # bites
    text("  /* now */ -- really\n commit")  # bites
    text("SELECT 1; COMMIT")  # bites
    text(text="COMMIT")  # bites
    text(f"SAVEPOINT {name}")  # bites
    text("SAVEPOINT " + name)  # bites
    text("SAVEPOINT %s" % name)  # bites
    text("SAVEPOINT {}".format(name))  # bites
    text(_COMMIT)  # bites
    sa.text("COMMIT")  # bites
    sql("COMMIT")  # bites
    session.execute("COMMIT")  # bites
    session.execute(statement="COMMIT")  # bites
    session.scalar("PRAGMA query_only")  # bites
    session.scalars("PRAGMA query_only")  # bites
    session.execute(text("COMMIT"))  # bites
    connection.exec_driver_sql("COMMIT")  # bites
    cursor.executemany("COMMIT", [])  # bites
    cursor.executescript("COMMIT")  # bites
    (
        sa
        # bites
        .text("COMMIT")
    )
