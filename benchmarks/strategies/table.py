"""The page's main table: one line for each measurement, one column for each strategy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Found = Mapping[str, Any]
Cell = Callable[[Found], str]

HEADINGS: Mapping[str, str] = {
    "global": "global Session",
    "scoped_forgotten": "scoped, no `remove()`",
    "scoped_removed": "scoped, `remove()`",
    "per_function": "per function",
    "per_request": "per request",
    "ours": "`myapp.db`",
}


def _count(measurement: str, field: str) -> Cell:
    return lambda found: str(found[measurement][field])


def _increments(style: str) -> Cell:
    def cell(found: Found) -> str:
        updates = found["updates"][style]
        return "n/a" if updates is None else f"{updates['answered']} → {updates['held']}"

    return cell


def _errors(found: Found) -> str:
    return str(sum(error["count"] for error in found["transfers"]["errors"]))


def _alive(found: Found) -> str:
    memory = found["memory"]
    return f"{memory['sessions']} / {memory['objects']} / {memory['in_identity_maps']}"


# The names in braces are filled in from what was measured, so that no number is written by hand.
LINES: tuple[tuple[str, Cell], ...] = (
    ("stale reads of {reads}: the object was dropped after its view", _count("staleness", "dropped")),
    ("stale reads of {reads}: a cache keeps the object", _count("staleness", "cached")),
    ("{sent} increments, plain: answered 200 → held", _increments("plain")),
    ("{sent} increments, `SELECT … FOR UPDATE`: answered → held", _increments("for_update")),
    ("{sent} increments at SERIALIZABLE: answered → held", _increments("serializable")),
    ("aborted change seen by the next request, of {rounds}", _count("failures", "seen_by_next")),
    ("others locked out after a failed request, of {rounds}", _count("failures", "locked_out")),
    ("half-done change durable at once, of {rounds}", _count("failures", "half_left_at_once")),
    (
        "half-done change durable after the next request, of {rounds}",
        _count("failures", "half_left_after_next_commit"),
    ),
    ("reads that fail after one IntegrityError, of {rounds}", _count("failures", "broken_followers")),
    (
        "200, but the change is lost: commit forgotten, of {rounds}",
        _count("failures", "forgotten_commits_lost"),
    ),
    ("{threads} threads: unforeseen errors in {transfers} transfers", _errors),
    (
        "{threads} threads: units of money missing, {meant_to_fail} transfers failing midway",
        _count("transfers", "missing"),
    ),
    ("connections checked out when idle, {threads} threads", _count("connections", "checked_out")),
    ("… of which in a transaction", _count("connections", "in_transaction")),
    ("alive after {requests} requests of {rows} rows: Sessions / objects / in identity maps", _alive),
    ("KiB not given back by the last {traced} of them, after a collection", _count("memory", "kept_kib")),
)


def render(results: Mapping[str, Mapping[str, Found]]) -> str:
    """Return the table in Markdown; a cell with two values shows SQLite's, a bar, and PostgreSQL's."""
    sizes = _sizes(next(iter(results["sqlite"].values())))
    head = ["", *HEADINGS.values()]
    lines = [_line(head), _line(["---"] * len(head))]
    for title, cell in LINES:
        cells = [_both(cell, [results[product][name] for product in results]) for name in HEADINGS]
        lines.append(_line([title.format(**sizes), *cells]))
    return "\n".join(lines)


def _sizes(found: Found) -> dict[str, Any]:
    sizes = {
        key: value
        for part in ("staleness", "failures", "connections", "memory")
        for key, value in found[part].items()
    }
    plain, transfers = found["updates"]["plain"], found["transfers"]
    return sizes | {
        "sent": plain["sent"],
        "transfers": transfers["sent"],
        "meant_to_fail": transfers["meant_to_fail"],
    }


def _both(cell: Cell, found: list[Found]) -> str:
    values = [cell(each) for each in found]
    return values[0] if len(set(values)) == 1 else " ‖ ".join(values)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
