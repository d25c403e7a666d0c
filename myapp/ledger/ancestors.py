"""An account's ancestor at a depth, in SQL: `assets:bank:checking` at depth 2 is `assets:bank`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from myapp.ledger.types import SortedText


class ancestor(GenericFunction[str]):  # noqa: N801 - it is spelled as it stands in SQL
    """The first segments of a path, as many as the second argument says."""

    type = SortedText
    inherit_cache = True
    name = "account_ancestor"


@compiles(ancestor, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    path, depth = (compiler.process(argument, **options) for argument in element.clauses)
    return f"""(array_to_string((string_to_array({path}, ':'))[1:{depth}], ':') COLLATE "C")"""


def ancestor_of(path: str, depth: int) -> str:
    """Return the first `depth` segments of a path."""
    return ":".join(path.split(":")[:depth])


def listen(engine: Engine) -> None:
    """Give every connection to SQLite the function; PostgreSQL needs none of ours."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _create_function)


def _create_function(dbapi_connection: Any, record: object) -> None:
    dbapi_connection.create_function("account_ancestor", 2, ancestor_of, deterministic=True)
