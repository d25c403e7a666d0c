"""What `pshell development.ini` offers: a begun transaction, the session, the models, the use cases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import func, select, text

from myapp.db.shell import BANNER, shell_transaction
from myapp.ledger import tables


@contextmanager
def setup(env: dict[str, Any]) -> Iterator[None]:
    """Set the shell up; Pyramid calls it with the shell's namespace and leaves it at exit."""
    models = {mapper.class_.__name__: mapper.class_ for mapper in tables.Base.registry.mappers}
    env |= {**models, "select": select, "func": func, "text": text}
    with shell_transaction(env):
        print(f"\n{BANNER}\nModels: {', '.join(sorted(models))}.\n")
        yield
