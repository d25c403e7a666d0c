"""The measured parts of docs/session-per-request.md, each between two markers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from benchmarks.strategies import table

PRODUCTS: Mapping[str, str] = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

_BEGIN = "<!-- begin {} -->"
_END = "<!-- end {} -->"


def fill(page: str, report: Mapping[str, Any]) -> str:
    """Return the page with its measured parts replaced.

    Raises:
        ValueError: a part's markers are not in the page.
    """
    for name, text in parts(report).items():
        page = _replaced(page, name, f"{_BEGIN.format(name)}\n{text}\n{_END.format(name)}")
    return page


def _replaced(page: str, name: str, part: str) -> str:
    pattern = f"{_BEGIN.format(name)}.*?{_END.format(name)}"
    # A function, because in a replacement string the backslashes of a message would mean something.
    filled, times = re.subn(pattern, lambda _: part, page, flags=re.DOTALL)
    if times != 1:
        raise ValueError(f"The page must have the markers of {name!r} once, and has them {times} times.")
    return filled


def parts(report: Mapping[str, Any]) -> dict[str, str]:
    """Return the text of each measured part."""
    results = report["results"]
    return {
        "run": _run(report),
        "table": table.render(results),
        "statements": _statements(results),
        "errors": _errors(results),
    }


def _run(report: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    return f"One run, {report['seconds']} seconds, on:\n{versions}."


def _statements(results: Mapping[str, Any]) -> str:
    lines = [
        "| | database | GET | POST, `expire_on_commit=True` | POST, `expire_on_commit=False` |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, heading in table.HEADINGS.items():
        for product, title in PRODUCTS.items():
            found = results[product][name]["statements"]
            lines.append(f"| {heading} | {title} | {' | '.join(_cells(found))} |")
    return "\n".join(lines)


def _cells(found: Mapping[str, Any]) -> list[str]:
    return [
        _sequence(found["read"], None),
        _sequence(found["write_expiring"], found["expiring_error"]),
        _sequence(found["write_keeping"], found["keeping_error"]),
    ]


def _sequence(words: list[str], error: str | None) -> str:
    text = " ".join(words)
    return text if error is None else f"{text}, then `{error}`"


def _errors(results: Mapping[str, Any]) -> str:
    lines = [
        "| | database | work | times | error | its first message |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, heading in table.HEADINGS.items():
        for product, title in PRODUCTS.items():
            for work, errors in _works(results[product][name]):
                lines += [_error(heading, title, work, error) for error in errors]
    return "\n".join(lines)


def _works(found: Mapping[str, Any]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    increments = [
        (f"increments, {style.replace('_', ' ')}", updates["errors"])
        for style, updates in found["updates"].items()
        if updates is not None
    ]
    return [*increments, ("transfers", found["transfers"]["errors"])]


def _error(heading: str, product: str, work: str, error: Mapping[str, Any]) -> str:
    return f"| {heading} | {product} | {work} | {error['count']} | `{error['kind']}` | `{error['example']}` |"
