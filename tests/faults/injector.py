"""Count the calls that reach the database driver, and fail the one that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event

from tests.faults.gated import connect
from tests.faults.kinds import Kind


@dataclass(frozen=True, slots=True)
class Call:
    """A call to the driver: `execute`, `fetchall`, `commit`, `cursor close`, `connect` and so on."""

    name: str
    statement: str

    @property
    def is_commit(self) -> bool:
        """Tell whether it ends the transaction for good, as a method or as a statement."""
        return self.name == "commit" or self.statement.lstrip().upper().startswith("COMMIT")

    def __str__(self) -> str:
        return f"{self.name} {' '.join(self.statement.split())[:60]}".rstrip()


@dataclass(frozen=True, slots=True)
class Fault:
    """Fail the call with this number (from 0, counted anew after a fault before it) with a kind of fault."""

    number: int
    when: str
    kind: Kind

    def __str__(self) -> str:
        return f"{self.kind.name} {self.when} call {self.number}"


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault that happened, and the call it happened to."""

    fault: Fault
    call: Call

    @property
    def kind(self) -> Kind:
        return self.fault.kind

    def __str__(self) -> str:
        return f"{self.fault} ({self.call})"


class Injector:
    """Stands between an engine and its driver; lets everything pass until it is told otherwise.

    What the pool already holds was made without it and is thrown away.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.connections: list[Any] = []
        self.calls: list[Call] = []
        self.struck: list[Struck] = []
        self.commits = 0
        self._faults: list[Fault] = []
        self._is_counting = False
        self._counted_from = 0
        engine.dispose()
        event.listen(engine, "do_connect", self._connect)

    @contextmanager
    def failing(self, *faults: Fault) -> Iterator[None]:
        """Count the calls inside, and fail some of them; without a fault, only count."""
        self.calls, self.struck, self.commits = [], [], 0
        self._faults, self._counted_from, self._is_counting = list(faults), 0, True
        try:
            yield
        finally:
            self._is_counting = False

    def close(self) -> None:
        """Close what the engine has, and what it has lost; it can be used again."""
        self.engine.dispose()
        for connection in self.connections:
            connection.close()
        self.connections.clear()

    def _connect(self, dialect: Any, record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
        def really() -> Any:
            made = connect(dialect.name, arguments, options)
            self.connections.append(made)
            made.gate = self._pass
            return made

        return self._pass(None, "connect", "", really)

    def _pass(self, connection: Any, name: str, argument: Any, call: Callable[[], Any]) -> Any:
        if not self._is_counting:
            return call()
        told = Call(name, argument if isinstance(argument, str) else "")
        fault = self._due(told)
        if fault is not None and fault.when == "before":
            self._strike(fault, told, connection)
        result = call()
        self.commits += told.is_commit
        if fault is not None:
            # A connection is only there once it was made.
            self._strike(fault, told, result if name == "connect" else connection)
        return result

    def _due(self, call: Call) -> Fault | None:
        number = len(self.calls) - self._counted_from
        self.calls.append(call)
        if not self._faults or self._faults[0].number != number:
            return None
        # The second of two faults may find a call at which the product cannot have it.
        fault = self._faults.pop(0)
        return fault if fault.kind.can_strike(call.name, fault.when) else None

    def _strike(self, fault: Fault, call: Call, connection: Any) -> None:
        self.struck.append(Struck(fault, call))
        self._counted_from = len(self.calls)
        fault.kind.strike(connection, call.name)
