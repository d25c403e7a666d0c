"""Empty databases with the ledger's own tables, as `myapp migrate` makes them, on either product.

PostgreSQL is a server of its own that waits for the disk, as it does for those who run the service.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from myapp.schema import upgrade
from tests.databases import copy_sqlite
from tests.postgres import PostgresServer

_TEMPLATE = "migrated_template"


@dataclass(frozen=True)
class Migrated:
    """`fresh` gives the URL of an empty database, which is gone when the block ends."""

    fresh: Callable[[], AbstractContextManager[str]]


def migrated(dialect: str) -> AbstractContextManager[Migrated]:
    """Give empty databases of a product, all copies of one that was migrated."""
    return _on_postgresql() if dialect == "postgresql" else _on_sqlite()


@contextmanager
def _on_sqlite() -> Iterator[Migrated]:
    with tempfile.TemporaryDirectory(prefix="migrated-") as name:
        folder = Path(name)
        template = folder / "template.sqlite"
        upgrade(f"sqlite:///{template}")

        @contextmanager
        def fresh() -> Iterator[str]:
            with tempfile.TemporaryDirectory(dir=folder) as own:
                copy_sqlite(template, Path(own) / "books.sqlite")
                yield f"sqlite:///{own}/books.sqlite"

        yield Migrated(fresh)


@contextmanager
def _on_postgresql() -> Iterator[Migrated]:
    server = PostgresServer.start(Path(tempfile.mkdtemp(prefix="migrated-")), durable=True)
    numbers = itertools.count()

    @contextmanager
    def fresh() -> Iterator[str]:
        name = f"migrated_{next(numbers)}"
        server.create_database(name, _TEMPLATE)
        yield server.url(name)
        server.drop_database(name)

    try:
        server.create_database(_TEMPLATE)
        upgrade(server.url(_TEMPLATE))
        yield Migrated(fresh)
    finally:
        server.stop()
