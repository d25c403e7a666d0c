"""All measurements of all strategies on one product."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from benchmarks.strategies import connections, failures, memory, staleness, statements, transfers, updates
from benchmarks.strategies.databases import Databases
from benchmarks.strategies.scale import Scale
from benchmarks.strategies.sessions import STRATEGIES, Strategy

MEASUREMENTS: Mapping[str, Callable[[type[Strategy], Databases, Scale], Any]] = {
    "staleness": staleness.measure,
    "updates": updates.measure,
    "failures": failures.measure,
    "transfers": transfers.measure,
    "connections": connections.measure,
    "memory": memory.measure,
    "statements": statements.measure,
}


def measure_all(databases: Databases, scale: Scale) -> dict[str, dict[str, Any]]:
    """Return, for each strategy's name, what each measurement found."""
    return {strategy.name: measure_one(strategy, databases, scale) for strategy in STRATEGIES}


def measure_one(strategy: type[Strategy], databases: Databases, scale: Scale) -> dict[str, Any]:
    """Return what each measurement found for one strategy, as plain data."""
    return {name: asdict(measure(strategy, databases, scale)) for name, measure in MEASUREMENTS.items()}
