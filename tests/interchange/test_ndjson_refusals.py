"""A file of our own format that is not right: refused with its line, and nothing of it is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestApp

from tests.interchange import living_books
from tests.interchange.exports import export
from tests.interchange.imports import assert_empty
from tests.interchange.test_ndjson import assert_green, take_in

Json = dict[str, Any]
Edit = Callable[[list[Json]], int]
BOOKS = "/v1/ledgers/books"


def of(lines: list[Json], record: str) -> list[int]:
    return [number for number, line in enumerate(lines) if line["record"] == record]


def setting(record: str, which: int, *path: Any) -> Edit:
    """Return the edit that sets what the path leads to in one of the records; the last step is the value."""

    def edit(lines: list[Json]) -> int:
        number = of(lines, record)[which]
        place: Any = lines[number]
        for step in path[:-2]:
            place = place[step]
        place[path[-2]] = path[-1]
        return number

    return edit


def swapped(record: str, other: str) -> Edit:
    """Return the edit that brings the first of the other records before the last of these."""

    def edit(lines: list[Json]) -> int:
        one, two = of(lines, record)[-1], of(lines, other)[0]
        lines[one], lines[two] = lines[two], lines[one]
        return two

    return edit


def repeated(record: str) -> Edit:
    def edit(lines: list[Json]) -> int:
        number = of(lines, record)[-1]
        lines.insert(number + 1, json.loads(json.dumps(lines[number])))
        lines[-1]["records"] += 1
        return number + 1

    return edit


def without(record: str, which: int = 0, *, blames: int = 0) -> Edit:
    def edit(lines: list[Json]) -> int:
        number = of(lines, record)[which]
        del lines[number]
        if lines[-1]["record"] == "end":
            lines[-1]["records"] -= 1
        return number + blames

    return edit


def holding(amount: str) -> Edit:
    def edit(lines: list[Json]) -> int:
        number = of(lines, "hold")[0]
        for each in lines[number]["postings"]:
            each["amount"] = each["remaining"] = amount if each["amount"][0] != "-" else f"-{amount}"
        return number

    return edit


def capturing(lines: list[Json]) -> int:
    number = of(lines, "hold")[1]
    lines[number]["captures"] = [lines[of(lines, "transaction")[0]]["id"]]
    return number


FUTURE, NOWHERE = "2999-01-01T00:00:00Z", "00000000-0000-7000-8000-000000000000"
POSTING = ("postings", 0)
EDITS: dict[str, Edit] = {
    "another version": setting("myapp-ledger", 0, "version", 2),
    "no header": without("myapp-ledger"),
    "no ledger": without("ledger"),
    "two ledgers": repeated("ledger"),
    "two ends": lambda lines: lines.append(lines[-1]) or len(lines) - 1,  # type: ignore[func-returns-value]
    "no end": without("end", blames=-1),
    "a count that is wrong": setting("end", 0, "records", 3),
    "an asset behind an account": swapped("asset", "account"),
    "an account behind a transaction": swapped("account", "transaction"),
    "an unknown field": setting("transaction", 0, "colour", "red"),
    "an unknown record": setting("transaction", 0, "record", "gift"),
    "a field of another type": setting("transaction", 0, "description", 1),
    "a number for an amount": setting("transaction", 0, *POSTING, "amount", 1),
    "a long description": setting("transaction", 0, "description", "x" * 10_001),
    "a NUL": setting("transaction", 0, "description", "\0"),
    "an id that is none": setting("transaction", 0, "id", "x"),
    "an id that occurs twice": repeated("transaction"),
    "a kind of its own": setting("transaction", 0, "kind", "gift"),
    "an actor too long": setting("transaction", 0, "actor", "x" * 1_001),
    "an amount that is unbalanced": setting("transaction", 0, *POSTING, "amount", "1.26"),
    "an amount of zero": setting("transaction", 0, *POSTING, "amount", "0"),
    "an amount of too many decimals": setting("transaction", 0, *POSTING, "amount", "1.250"),
    "an amount of more than 64 bits": setting("transaction", 0, *POSTING, "amount", "9" * 40),
    "one posting": setting("transaction", 0, "postings", []),
    "a balance that is wrong": setting("transaction", 0, *POSTING, "balance", "7.77"),
    "a balance that is wrong later on": setting("transaction", 4, "postings", 1, "balance", "7.77"),
    "a gap in the versions": setting("transaction", -1, *POSTING, "version", 99),
    "a version twice": setting("transaction", 0, "postings", 2, "version", 1),
    "a version below one": setting("transaction", 0, *POSTING, "version", 0),
    "a version beyond 64 bits": setting("transaction", -1, *POSTING, "version", 10**30),
    "an unknown account": setting("transaction", 0, *POSTING, "account", "assets:nowhere"),
    "an unknown asset": setting("transaction", 0, *POSTING, "asset", "EUR"),
    "a time in the future": setting("transaction", -1, "recorded_at", FUTURE),
    "times that go back": setting("transaction", 3, "recorded_at", "2001-01-01T00:00:00Z"),
    "a time without a zone": setting("transaction", 0, "effective_at", "2026-01-01T00:00:00"),
    "a date alone": setting("transaction", 0, "effective_at", "2026-01-01"),
    "a time before all": setting("transaction", 0, "effective_at", "0001-01-01T00:00:00+23:00"),
    "a change in the future": setting("transaction", 0, "change", {"metadata": {}, "changed_at": FUTURE}),
    "a reversal of nothing": setting("transaction", 8, "reverses", NOWHERE),
    "a reversal of another": setting("transaction", 0, "kind", "reversal"),
    "a reversal that says it is none": setting("transaction", 8, "kind", "transaction"),
    "an asset twice": repeated("asset"),
    "a code that is none": setting("asset", 0, "code", "a b"),
    "a scale out of range": setting("asset", 0, "scale", 19),
    "an asset of the future": setting("asset", 0, "created_at", FUTURE),
    "an account twice": repeated("account"),
    "a path that is none": setting("account", 0, "path", "a::b"),
    "a path that is not composed": setting("account", 0, "path", "assets:e\u0301"),
    "a type that is none": setting("account", 0, "type", "money"),
    "a state that is none": setting("account", 0, "status", "gone"),
    "a limit on nothing": setting("account", 0, "limits", {"EUR": {}}),
    "limits that cross": setting("account", 0, "limits", {"USD": {"min": "2", "max": "1"}}),
    "metadata that is none": setting("account", 0, "metadata", {"a": 1}),
    "a hold that is open and empty": setting("hold", -1, "status", "captured"),
    "a hold that is voided and full": setting("hold", 0, "status", "voided"),
    "a hold of another status": setting("hold", 0, "status", "lost"),
    "a hold that keeps too much": setting("hold", 0, *POSTING, "remaining", "3.01"),
    "a hold that keeps the other side": setting("hold", 0, *POSTING, "remaining", "-3.00"),
    "a hold that keeps unevenly": setting("hold", 0, *POSTING, "remaining", "2.00"),
    "a hold that is never captured": holding("92233720368547758.00"),
    "a hold of one posting": setting("hold", 0, "postings", []),
    "a capture of something else": capturing,
    "a capture without a transaction": setting("hold", 1, "captures", []),
    "a capture of nothing": setting("hold", 1, "captures", [NOWHERE]),
    "a hold twice": repeated("hold"),
    "a hold of the future": setting("hold", -1, "recorded_at", FUTURE),
}


@pytest.fixture(scope="module")
def shelf() -> dict[str, bytes]:
    """What is exported once, by database."""
    return {}


@pytest.fixture
def lines(app: TestApp, dialect: str, shelf: dict[str, bytes]) -> list[Json]:
    if dialect not in shelf:
        app.post_json("/v1/ledgers", {"name": "living"}, status=201)
        living_books.fill(app, "/v1/ledgers/living")
        shelf[dialect] = export(app, "ndjson", "/v1/ledgers/living").body
    return [json.loads(line) for line in shelf[dialect].splitlines()]


def written(lines: list[Json]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def test_lines_that_are_not_right_are_refused_each_with_its_number(app: TestApp, lines: list[Json]) -> None:
    wrong = {}
    for name, edit in EDITS.items():
        edited = json.loads(json.dumps(lines))
        expected = edit(edited) + 1
        # Each is a dry run, so that one that is let through does not hide the others.
        answer = take_in(app, written(edited), status="*", address=BOOKS, query="&dry_run=1")
        told = answer.json.get("detail", "").startswith(f"line {expected}: ")
        found = (answer.status_int, answer.json.get("line"), told)
        if found != (422, expected, True):
            wrong[name] = (found, expected)
    assert wrong == {}
    assert_empty(app)
    assert_green(app, BOOKS)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", 1),
        (b"\n\n", 1),
        (b"{", 1),
        (b"[]", 1),
        (b"null", 1),
        (b"\xff", 1),
        (b"\xef\xbb\xbf{}", 1),
        (b'{"record":"myapp-ledger","version":1,"version":1}', 1),
        (b'{"record":"myapp-ledger","version":true}', 1),
        (b'{"record":"myapp-ledger","version":1e400}', 1),
        (b'{"record":"myapp-ledger","version":NaN}', 1),
        (b'{"record":"myapp-ledger","version":1}\n{"record":"end","records":1}', 2),
        (b'{"record":"end","records":0}', 1),
        (b"[" * 100_000, 1),
        (b'{"record":"myapp-ledger","version":1}\n{"record":"ledger","metadata":{"\\ud800":""}}', 2),
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_what_is_no_such_file_is_refused(app: TestApp, data: bytes, line: int) -> None:
    answer = take_in(app, data, status=422, address=BOOKS).json
    assert (answer["code"], answer["line"]) == ("invalid_request", line)
    assert_empty(app)


def test_a_file_that_is_cut_off_anywhere_is_refused(app: TestApp, lines: list[Json]) -> None:
    data = written(lines)
    for end in range(0, len(data) - 2, len(data) // 40):
        take_in(app, data[:end], status=422, address=BOOKS)
    assert_empty(app)


def test_books_that_do_not_fit_those_that_are_there_are_refused(app: TestApp, lines: list[Json]) -> None:
    app.post_json(f"{BOOKS}/assets", {"code": "USD", "scale": 3}, status=201)
    number = of(lines, "asset")[1] + 1
    assert take_in(app, written(lines), status=422, address=BOOKS).json["line"] == number


def test_accounts_of_another_type_and_in_other_states_are_refused(app: TestApp, lines: list[Json]) -> None:
    account = {"path": "what:ever", "type": "asset"}
    app.post_json(f"{BOOKS}/accounts", account, status=201)
    refused = take_in(app, written(lines), status=422, address=BOOKS).json
    assert lines[refused["line"] - 1]["path"] == "what:ever"
    lines[refused["line"] - 1]["type"] = "asset"
    app.post_json(f"{BOOKS}/accounts", {"path": "assets:cash"}, status=201)
    app.patch_json(f"{BOOKS}/accounts/assets:cash", {"status": "frozen"}, status=200)
    refused = take_in(app, written(lines), status=409, address=BOOKS).json
    assert (refused["code"], refused["line"]) == ("account_frozen", of(lines, "transaction")[0] + 1)


def test_references_and_holds_that_are_there_are_refused(app: TestApp, lines: list[Json]) -> None:
    app.post_json(f"{BOOKS}/assets", {"code": "USD", "scale": 2}, status=201)
    app.post_json(f"{BOOKS}/holds", living_books.held("1.00", reference="kept"), status=201)
    refused = take_in(app, written(lines), status=409, address=BOOKS).json
    assert (refused["code"], refused["line"]) == ("reference_exists", of(lines, "hold")[0] + 1)
    app.post_json(f"{BOOKS}/transactions", living_books.held("1.00", reference="r-3"), status=201)
    refused = take_in(app, written(lines), status=409, address=BOOKS).json
    assert lines[refused["line"] - 1]["reference"] == "r-3"
    assert_green(app, BOOKS)
