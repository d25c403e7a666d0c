"""What `pshell development.ini` offers: a begun transaction, the session, the models, the use cases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy

from myapp.db.shell import BANNER, shell_transaction
from myapp.ledger import tables

_EXAMPLE = "Try: dbsession.scalars(sa.select(Ledger.name)).all()"


def setup(env: dict[str, Any]) -> Iterator[None]:
    """Set the shell up; Pyramid calls it with the shell's namespace and leaves it at exit.

    It stays a plain generator: Pyramid would call a context manager without entering it.
    """
    models = {mapper.class_.__name__: mapper.class_ for mapper in tables.Base.registry.mappers}
    env |= {**models, "sa": sqlalchemy}
    with shell_transaction(env):
        print(f"\n{BANNER}\n{_EXAMPLE}\nModels: {', '.join(sorted(models))}.\n")
        yield
