"""What a run was about, said at its end: how many tests on each product, and how many injected faults.

A plugin of the whole run: the process that gathers the reports of others loads no conftest but the first.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.databases import Database
from tests.postgres import PostgresServer, installed_version

USED_DATABASE = "database"
INJECTIONS = "injections"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Write down which products the test was given; an xdist worker sends that along with its report."""
    values = getattr(item, "funcargs", {}).values()
    used = {value.dialect for value in values if isinstance(value, Database)}
    used |= {"postgresql" for value in values if isinstance(value, PostgresServer)}
    item.user_properties.extend((USED_DATABASE, name) for name in sorted(used))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was tested and on what: a product that nobody tested must not hide behind a green line."""
    noted = set(_noted(terminalreporter))
    terminalreporter.write_line(f"databases: {_databases(noted)}")
    if any(name == INJECTIONS for _, name, _ in noted):
        terminalreporter.write_line(f"faults: {_faults(noted)}")


def _noted(terminalreporter: pytest.TerminalReporter) -> Iterator[tuple[str, str, str]]:
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and report.when == "call":
                for name, value in report.user_properties:
                    yield report.nodeid, name, str(value)


def _databases(noted: set[tuple[str, str, str]]) -> str:
    count = Counter(value for _, name, value in noted if name == USED_DATABASE)
    parts = [f"{count[product]} tests on {product} {_version(product)}" for product in sorted(count)]
    return ", ".join(parts) or "no tests on any"


def _version(product: str) -> str:
    return installed_version() if product == "postgresql" else sqlite3.sqlite_version


def _faults(noted: set[tuple[str, str, str]]) -> str:
    kinds: Counter[str] = Counter()
    for _, name, value in noted:
        if name == INJECTIONS:
            kind, _, count = value.rpartition("=")
            kinds[kind] += int(count)
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return f"{kinds.total()} injected ({told})"
