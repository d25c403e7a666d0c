"""What differs between the two databases, behind one set of names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from myapp.db import postgresql, sqlite
from myapp.db.owner import MODE_OPTION, Mode
from myapp.db.settings import DbSettings


class Dialect(Protocol):
    """The module of one database: `myapp.db.sqlite` or `myapp.db.postgresql`."""

    @property
    def IN_TRANSACTION_AT_ONCE(self) -> bool:  # noqa: N802
        """Whether `in_transaction` is true before the first statement, too."""

    def engine_options(self, url: URL, settings: DbSettings) -> dict[str, Any]:
        """Return the arguments of `create_engine`."""

    def is_memory(self, url: URL) -> bool:
        """Tell whether the URL names a database that lives in one connection's memory."""

    def listen(self, engine: Engine) -> None:
        """Attach the events of this database."""

    def takes_writes(self, connection: Connection) -> bool:
        """Tell whether a writer would not be refused whatever it writes."""

    def in_transaction(self, dbapi_connection: Any) -> bool:
        """Tell whether the driver has a transaction open."""

    def commit_is_possible(self, dbapi_connection: Any) -> bool:
        """Tell whether COMMIT would really commit."""


_DIALECTS: Mapping[str, Dialect] = {"sqlite": sqlite, "postgresql": postgresql}


def dialect_of(name: str) -> Dialect:
    """Return the module for a backend's name.

    Raises:
        ValueError: the contract was never tried on that database.
    """
    try:
        return _DIALECTS[name]
    except KeyError:
        raise ValueError(f"myapp.db keeps its promises on sqlite and postgresql, not on {name}.") from None


def read_only(connection: Connection, **options: Any) -> Connection:
    """Return the connection, set to begin a read-only transaction of one snapshot, with `options` besides.

    For whoever has no request: a health check, a body that is streamed after its request has ended.
    """
    return connection.execution_options(**{MODE_OPTION: Mode.READ, **options})
