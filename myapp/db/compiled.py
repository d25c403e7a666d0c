"""Statements that are made once are found by their identity, and not by a long description of theirs."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

# Of statements that are made anew for each request nothing is found here, so they must not pile up.
_KEPT_MAX = 512


class CompiledStatements:
    """SQLAlchemy's cache of compiled statements with a quicker way in.

    Its key describes a statement in nested tuples, which are hashed at each execution. A statement that lives
    as long as the program keeps its own description, so here it is known by that object's identity.
    """

    def __init__(self, described: MutableMapping[Any, Any]) -> None:
        """Look into `described`, the engine's own cache, for what is not known yet."""
        self._described = described
        self._known: dict[int, tuple[Any, Any]] = {}

    def get(self, key: Any) -> Any:
        """Return the compiled statement, None where there is none yet."""
        dialect, description, *rest = key
        # The entry keeps the description alive, so no other object can have its identity.
        known = self._known.get(id(description))
        if known is not None and known[0][0] is dialect and known[0][2:] == tuple(rest):
            return known[1]
        compiled = self._described.get(key)
        if compiled is not None:
            self._keep(key, compiled)
        return compiled

    def __setitem__(self, key: Any, compiled: Any) -> None:
        self._described[key] = compiled

    def _keep(self, key: Any, compiled: Any) -> None:
        if len(self._known) >= _KEPT_MAX:
            self._known = {}
        self._known[id(key[1])] = (key, compiled)
