"""Reports at any time, as known at any time, against a plain Python computation over a random journal."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, get, post, send, send_ok, transfer
from tests.api.random_journal import SCALES, Journal, random_time, shown, text_of

Question = dict[str, str]
Sums = dict[tuple[str, str], int]
DEBIT = {"asset": 1, "expense": 1, "liability": -1, "equity": -1, "income": -1}
LAST = timedelta(days=1) - timedelta(microseconds=1)
QUESTIONS = 60
BOUNDS = ["from", "to", "at", "known_at"]


def report(app: TestApp, name: str, question: Question) -> dict[str, Any]:
    return dict(get(app, f"/reports/{name}?{urlencode(question)}"))


# What is asked.


def some_time(chance: random.Random, journal: Journal) -> str:
    moment = random_time(chance)
    edge = text_of(moment + timedelta(microseconds=chance.choice([-1, 0, 1])))
    return chance.choice([moment.date().isoformat(), edge, "0001-01-01", "9999-12-31"])


def known_time(chance: random.Random, journal: Journal) -> str:
    moment = chance.choice(journal.records).recorded_at
    nearby = text_of(moment + timedelta(microseconds=chance.choice([-1, 0, 1])))
    return chance.choice([moment.date().isoformat(), nearby, nearby, "2025-01-01", "9999-12-31"])


def question(chance: random.Random, journal: Journal, *names: str) -> Question:
    """Return some of the times; often a period within a day or two, whose edges meet."""
    ask = {name: known_time if name == "known_at" else some_time for name in names}
    asked = {name: ask[name](chance, journal) for name in names if chance.random() < 0.6}
    if {"from", "to"} <= asked.keys() and chance.random() < 0.4:
        start = random_time(chance)
        asked["from"] = text_of(start)
        asked["to"] = text_of(start + timedelta(hours=chance.choice([-1, 0, 5, 20, 30])))
    return asked


# What must be answered.


def instant(text: str, last: bool) -> datetime:
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return moment if "T" in text or not last else moment + LAST


def times(question: Question, *names: str) -> dict[str, str | None]:
    return {
        name: text_of(instant(question[name], name != "from")) if name in question else None for name in names
    }


def counted(journal: Journal, question: Question) -> Sums:
    sums: Sums = defaultdict(int)
    bounds = {name: instant(text, name != "from") for name, text in question.items()}
    end = bounds.get("to", bounds.get("at"))
    for record, leg in journal.legs():
        if (
            ("from" not in bounds or record.effective_at >= bounds["from"])
            and (end is None or record.effective_at <= end)
            and ("known_at" not in bounds or record.recorded_at <= bounds["known_at"])
        ):
            sums[leg.account, leg.asset] += leg.minor
    return dict(sorted(sums.items()))


def by_asset(sums: Iterable[tuple[str, int]]) -> dict[str, str]:
    totals: dict[str, int] = defaultdict(int)
    for asset, minor in sums:
        totals[asset] += minor
    return {asset: shown(totals[asset], asset) for asset in sorted(totals)}


def section(journal: Journal, sums: Sums, type_: str) -> dict[str, Any]:
    own = {key: DEBIT[type_] * minor for key, minor in sums.items() if journal.accounts[key[0]].type == type_}
    balances: dict[str, dict[str, str]] = defaultdict(dict)
    for (path, asset), minor in own.items():
        balances[path][asset] = shown(minor, asset)
    data = [{"account": path, "balances": amounts} for path, amounts in balances.items()]
    return {"type": type_, "data": data, "totals": by_asset((key[1], own[key]) for key in own)}


def net_income(journal: Journal, sums: Sums) -> dict[str, str]:
    results = {key for key in sums if journal.accounts[key[0]].type in ("income", "expense")}
    return by_asset((key[1], -sums[key]) for key in results)


def trial_balance(journal: Journal, question: Question) -> dict[str, Any]:
    sums = counted(journal, question)
    balances: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for (path, asset), minor in sums.items():
        columns = {"debit": max(minor, 0), "credit": max(-minor, 0)}
        balances[path][asset] = {side: shown(amount, asset) for side, amount in columns.items()}
    data = [
        {"account": path, "type": journal.accounts[path].type, "balances": amounts}
        for path, amounts in balances.items()
    ]
    debits = by_asset((key[1], max(minor, 0)) for key, minor in sums.items())
    totals = {asset: {"debit": amount, "credit": amount} for asset, amount in debits.items()}
    return {**times(question, "at", "known_at"), "data": data, "totals": totals}


def balance_sheet(journal: Journal, question: Question) -> dict[str, Any]:
    sums = counted(journal, question)
    sections = [section(journal, sums, each) for each in ("asset", "liability", "equity")]
    told = {"sections": sections, "net_income": net_income(journal, sums), "balanced": True}
    return {**times(question, "at", "known_at"), **told}


def income_statement(journal: Journal, question: Question) -> dict[str, Any]:
    sums = counted(journal, question)
    sections = [section(journal, sums, each) for each in ("income", "expense")]
    told = {"sections": sections, "net_income": net_income(journal, sums)}
    return {**times(question, "from", "to", "known_at"), **told}


EXPECTED: dict[str, tuple[Callable[[Journal, Question], dict[str, Any]], tuple[str, ...]]] = {
    "trial-balance": (trial_balance, ("at", "known_at")),
    "balance-sheet": (balance_sheet, ("at", "known_at")),
    "income-statement": (income_statement, ("from", "to", "known_at")),
}
every_report = pytest.mark.parametrize("name", EXPECTED)


def orders(found: dict[str, Any]) -> list[list[str]]:
    """Return everything of a report that must be in order: accounts, and the assets of each amount."""
    parts = found.get("sections", [found])
    accounts = [[each["account"] for each in part["data"]] for part in parts]
    assets = [list(each["balances"]) for part in parts for each in part["data"]]
    totals = [list(part["totals"]) for part in parts] + [list(found.get("net_income", {}))]
    return [*accounts, *assets, *totals]


@every_report
def test_a_report_at_any_time_as_known_at_any_time(
    asked: tuple[TestApp, Journal], chance: random.Random, name: str
) -> None:
    app, journal = asked
    expected, names = EXPECTED[name]
    for _ in range(QUESTIONS):
        wanted = question(chance, journal, *names)
        found = report(app, name, wanted)
        assert found == expected(journal, wanted), wanted
        assert all(order == sorted(order) for order in orders(found))


def test_assets_are_liabilities_equity_and_net_income_at_any_time(
    asked: tuple[TestApp, Journal], chance: random.Random
) -> None:
    app, journal = asked
    for _ in range(QUESTIONS):
        wanted = question(chance, journal, "at", "known_at")
        found = report(app, "balance-sheet", wanted)
        assets, *others = [each["totals"] for each in found["sections"]]
        for asset in SCALES:
            rest = sum(Decimal(each.get(asset, "0")) for each in (*others, found["net_income"]))
            assert Decimal(assets.get(asset, "0")) == rest, (wanted, asset)
        totals = report(app, "trial-balance", wanted)["totals"]
        assert all(each["debit"] == each["credit"] for each in totals.values())


def test_net_income_to_date_is_that_of_all_time_until_then(
    asked: tuple[TestApp, Journal], chance: random.Random
) -> None:
    app, journal = asked
    for _ in range(20):
        wanted = question(chance, journal, "at", "known_at")
        period = {"to" if name == "at" else name: time for name, time in wanted.items()}
        sheet, statement = report(app, "balance-sheet", wanted), report(app, "income-statement", period)
        assert sheet["net_income"] == statement["net_income"], wanted


def test_periods_next_to_each_other_add_up(asked: tuple[TestApp, Journal], chance: random.Random) -> None:
    app, journal = asked
    for _ in range(20):
        known = question(chance, journal, "known_at")
        cut = random_time(chance)
        before = {"to": text_of(cut - timedelta(microseconds=1)), **known}
        parts = [report(app, "income-statement", each) for each in (before, {"from": text_of(cut), **known})]
        whole = report(app, "income-statement", known)
        for asset in whole["net_income"]:
            amounts = [Decimal(part["net_income"].get(asset, "0")) for part in parts]
            assert sum(amounts) == Decimal(whole["net_income"][asset]), (cut, known)


# What a small ledger shows better than a random one.


def test_an_empty_ledger_has_empty_reports(books: TestApp) -> None:
    nothing = {"at": None, "known_at": None}
    sections = [{"type": each, "data": [], "totals": {}} for each in ("asset", "liability", "equity")]
    sheet = {**nothing, "sections": sections, "net_income": {}, "balanced": True}
    assert report(books, "trial-balance", {}) == {**nothing, "data": [], "totals": {}}
    assert report(books, "balance-sheet", {}) == sheet
    assert report(books, "income-statement", {})["net_income"] == {}


def test_a_balance_of_zero_is_shown_where_something_was_posted(books: TestApp) -> None:
    send_ok(books, "POST", f"{LEDGER}/accounts", {"path": "assets:unused"}, 201)
    made = post(books, effective_at="2026-01-05")
    again = {"effective_at": "2026-01-06"}
    send_ok(books, "POST", f"{LEDGER}/transactions/{made['id']}/reverse", again, 201)
    zero = {"debit": "0.00", "credit": "0.00"}
    found = report(books, "trial-balance", {})
    listed = {each["account"] for each in get(books, "/balances")["data"]}
    assert {each["account"]: each["balances"]["USD"] for each in found["data"]} == dict.fromkeys(listed, zero)
    january = report(books, "income-statement", {"from": "2026-01-05", "to": "2026-01-06"})
    assert january["sections"][1]["data"] == [{"account": "expenses:food", "balances": {"USD": "0.00"}}]
    later = report(books, "income-statement", {"from": "2026-01-07"})
    assert [each["data"] for each in later["sections"]] == [[], []]


def test_a_backdated_correction_changes_the_past_but_not_what_was_known_of_it(books: TestApp) -> None:
    made = post(books, effective_at="2026-01-31")
    then = {"at": "2026-01-31", "known_at": made["recorded_at"]}
    before = report(books, "balance-sheet", then)
    address = f"{LEDGER}/transactions/{made['id']}/reverse"
    send_ok(books, "POST", address, {"effective_at": "2026-01-31"}, 201)
    assert report(books, "balance-sheet", then) == before
    assert before["net_income"] == {"USD": "-12.50"}
    now = report(books, "balance-sheet", {"at": "2026-01-31"})
    assert now["net_income"] == {"USD": "0.00"}
    period = {"from": "2026-01-01", "to": "2026-01-31"}
    known = {**period, "known_at": made["recorded_at"]}
    assert report(books, "income-statement", known)["net_income"] == {"USD": "-12.50"}
    assert report(books, "income-statement", period)["net_income"] == {"USD": "0.00"}


def test_a_period_that_ends_before_it_starts_has_nothing(books: TestApp) -> None:
    post(books, effective_at="2026-01-05T12:00:00Z")
    for start, end in (
        ("2026-01-06", "2026-01-04"),
        ("2026-01-05T13:00:00Z", "2026-01-05T11:00:00Z"),
        ("2026-01-07T13:00:00Z", "2026-01-03T11:00:00Z"),
        ("9999-12-31T23:59:59Z", "0001-01-01T00:00:01Z"),
    ):
        found = report(books, "income-statement", {"from": start, "to": end})
        assert [each["data"] for each in found["sections"]] == [[], []]
        assert found["net_income"] == {}


def test_sums_beyond_64_bits_are_exact(books: TestApp) -> None:
    for number in range(3):
        body = transfer(f"assets:a{number}", f"income:b{number}", "92233720368547758.07")
        send_ok(books, "POST", f"{LEDGER}/transactions", body, 201)
    total = "276701161105643274.21"
    found = report(books, "trial-balance", {})
    assert found["totals"] == {"USD": {"debit": total, "credit": total}}
    sheet = report(books, "balance-sheet", {"at": "9999-12-31"})
    assert (sheet["sections"][0]["totals"], sheet["net_income"]) == ({"USD": total}, {"USD": total})


@every_report
@pytest.mark.parametrize("bound", BOUNDS)
def test_a_time_that_cannot_be_read_is_refused(library: TestApp, name: str, bound: str) -> None:
    for value in ("yesterday", "2026-02-30", "2026-01-05T09:00:00", "10000-01-01"):
        answer = send(library, "GET", f"{LEDGER}/reports/{name}?{bound}={value}")
        assert (answer.status_int, answer.json["code"]) == (400, "invalid_parameter")
        assert answer.json["parameter"] == bound
