"""What a driver was told when its connection was made: told again before each transaction.

A pooled connection has many users, and what one of them tells the driver, an isolation or another kind of
rows, would reach the next ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, event

# Where the pool's connection has it.
_AS_MADE = "myapp_as_made"


class AsMade:
    """The driver's attributes of some names, as each connection had them before its first user."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def listen(self, engine: Engine) -> None:
        """Note them when a connection leaves the pool for the first time."""
        event.listen(engine, "checkout", lambda driver, record, *_: self._note(driver, record.info))

    def of(self, pooled: Any) -> Mapping[str, Any]:
        """Return them by name."""
        return self._note(pooled.dbapi_connection, pooled.info)

    def _note(self, driver: Any, info: dict[str, Any]) -> Mapping[str, Any]:
        # Of an engine that was handed in, a connection may have left the pool before anybody listened.
        if _AS_MADE not in info:
            info[_AS_MADE] = {name: getattr(driver, name) for name in self._names}
        noted: Mapping[str, Any] = info[_AS_MADE]
        return noted


def tell(driver: Any, attributes: Mapping[str, Any]) -> None:
    """Tell the driver what it does not know yet; some of it may not be told within a transaction."""
    for name, value in attributes.items():
        if getattr(driver, name) != value:
            setattr(driver, name, value)
