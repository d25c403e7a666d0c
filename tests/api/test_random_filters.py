"""A thousand random questions, each compared with a plain scan over the whole journal, page by page."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from webtest import TestApp

from myapp.ledger.rules import DEBIT_NORMAL
from tests.api.client import LEDGER, send_ok
from tests.api.random_journal import (
    METADATA,
    PATHS,
    SCALES,
    WORDS,
    Journal,
    Leg,
    Record,
    random_time,
    shown,
    text_of,
)

Question = dict[str, str]
Answer = dict[str, Any]
PAGES_MAX = 4
LAST = timedelta(days=1) - timedelta(microseconds=1)


# What is asked.


def maybe(chance: random.Random, probability: float, **choices: Callable[[], str]) -> Question:
    """Return some of the parameters."""
    return {name: choose() for name, choose in choices.items() if chance.random() < probability}


def some_time(chance: random.Random) -> str:
    moment = random_time(chance)
    if chance.random() < 0.5:
        return moment.date().isoformat()
    return text_of(moment + timedelta(microseconds=chance.choice([-1, 0, 0, 1])))


def known_time(chance: random.Random, journal: Journal) -> str:
    moment = chance.choice(journal.records).recorded_at
    nearby = text_of(moment + timedelta(microseconds=chance.choice([-1, 0, 1])))
    return chance.choice([moment.date().isoformat(), nearby, nearby, "2025-01-01", "9999-12-31"])


def some_prefix(chance: random.Random) -> str:
    path = chance.choice([*PATHS, "assets:unused", "nothing"])
    return path[: chance.randrange(len(path) + 1)]


def transaction_question(chance: random.Random, journal: Journal) -> Question:
    paths, assets = [*PATHS, "assets:none", "assets:unused"], [*SCALES, "EUR"]
    references = [each.reference for each in journal.records if each.reference] + ["r-", "none"]
    question = maybe(
        chance,
        0.35,
        account=lambda: chance.choice(paths),
        asset=lambda: chance.choice(assets),
        q=lambda: chance.choice([*WORDS, "UNCH", "%", "_", "\\", " ", "none"]),
        order=lambda: chance.choice(["recorded", "effective"]),
        **{"from": lambda: some_time(chance), "to": lambda: some_time(chance)},
    )
    question |= maybe(chance, 0.05, reference=lambda: chance.choice(references))
    values = ["oslo", "berlin", "", "1", "\u00df", "none"]
    keys = [*METADATA, "trip", "none"]
    return question | maybe(chance, 0.1, **{f"metadata.{key}": lambda: chance.choice(values) for key in keys})


def account_list_question(chance: random.Random, journal: Journal) -> Question:
    return maybe(
        chance,
        0.4,
        prefix=lambda: some_prefix(chance),
        type=lambda: chance.choice(["asset", "liability", "equity", "income", "expense"]),
        status=lambda: chance.choice(["open", "frozen", "closed"]),
    )


def as_of_question(chance: random.Random, journal: Journal) -> Question:
    return maybe(chance, 0.4, at=lambda: some_time(chance), known_at=lambda: known_time(chance, journal))


def balance_question(chance: random.Random, journal: Journal) -> Question:
    return as_of_question(chance, journal) | maybe(
        chance,
        0.35,
        prefix=lambda: some_prefix(chance),
        depth=lambda: str(chance.randint(1, 5)),
        type=lambda: chance.choice(["asset", "liability", "equity", "income", "expense"]),
        asset=lambda: chance.choice([*SCALES, "EUR"]),
    )


def statement_question(chance: random.Random, journal: Journal) -> Question:
    path = {"account": chance.choice([*PATHS, "assets:unused"]), "asset": chance.choice(list(SCALES))}
    return path | maybe(chance, 0.5, **{"from": lambda: some_time(chance), "to": lambda: some_time(chance)})


# What must be answered.


def first(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def last(text: str) -> datetime:
    return first(text) + (timedelta() if "T" in text else LAST)


def in_range(record: Record, question: Question) -> bool:
    return ("from" not in question or record.effective_at >= first(question["from"])) and (
        "to" not in question or record.effective_at <= last(question["to"])
    )


def view(record: Record) -> Answer:
    names = ("kind", "description", "reference", "metadata")
    ids = {name: getattr(record, name) for name in ("id", "reverses", "reversed_by")}
    postings = [
        {
            **{name: getattr(leg, name) for name in ("account", "asset", "version")},
            "amount": shown(leg.minor, leg.asset),
            "balance": shown(leg.balance, leg.asset),
        }
        for leg in record.legs
    ]
    return {
        **{name: getattr(record, name) for name in names},
        **{name: value and str(value) for name, value in ids.items()},
        **{name: text_of(getattr(record, name)) for name in ("effective_at", "recorded_at")},
        "postings": postings,
    }


def matches(record: Record, question: Question) -> bool:
    wanted = {name: question[name] for name in ("account", "asset") if name in question}
    tags = {name[9:]: value for name, value in question.items() if name.startswith("metadata.")}
    return (
        in_range(record, question)
        and any(all(getattr(leg, name) == value for name, value in wanted.items()) for leg in record.legs)
        and question.get("reference") in (None, record.reference)
        and question.get("q", "").lower() in record.description.lower()
        and all(record.metadata.get(key) == value for key, value in tags.items())
    )


def transactions(journal: Journal, question: Question) -> list[Answer]:
    time = "effective_at" if question.get("order") == "effective" else "recorded_at"
    kept = [record for record in journal.records if matches(record, question)]
    kept.sort(key=lambda record: (getattr(record, time), record.id), reverse=True)
    return [view(record) for record in kept]


def account_list(journal: Journal, question: Question) -> list[Answer]:
    return [
        {"path": each.path, "type": each.type, "status": each.status, "limited": list(each.limited)}
        for _, each in sorted(journal.accounts.items())
        if each.path.startswith(question.get("prefix", ""))
        and question.get("type") in (None, each.type)
        and question.get("status") in (None, each.status)
    ]


def counted(journal: Journal, question: Question) -> Iterator[Leg]:
    for record, leg in journal.legs():
        at, known_at = question.get("at"), question.get("known_at")
        if at is not None and record.effective_at > last(at):
            continue
        if known_at is not None and record.recorded_at > last(known_at):
            continue
        yield leg


def balances(journal: Journal, question: Question) -> tuple[list[Answer], dict[str, str]]:
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    totals: dict[str, int] = defaultdict(int)
    for leg in counted(journal, question):
        account = journal.accounts[leg.account]
        if (
            account.path.startswith(question.get("prefix", ""))
            and question.get("type") in (None, account.type)
            and question.get("asset") in (None, leg.asset)
        ):
            name = ":".join(leg.account.split(":")[: int(question.get("depth", 99))])
            sums[name][leg.asset] += leg.minor
            totals[leg.asset] += leg.minor
    data = [
        {"account": name, "balances": {asset: shown(minor, asset) for asset, minor in sums[name].items()}}
        for name in sorted(sums)
    ]
    return data, {asset: shown(minor, asset) for asset, minor in totals.items()}


def account(journal: Journal, path: str, question: Question) -> dict[str, Answer]:
    own = [leg for leg in counted(journal, question) if leg.account == path]
    known = [leg for leg in counted(journal, {**question, "at": "9999-12-31"}) if leg.account == path]
    sign = 1 if journal.accounts[path].type in DEBIT_NORMAL else -1
    met = {asset for name, asset in journal.rows if name == path} | set(journal.accounts[path].limited)
    shown_balances = {}
    for asset in met:
        minors = [leg.minor for leg in own if leg.asset == asset]
        amounts = {
            "balance": sum(minors),
            "normal_balance": sign * sum(minors),
            "available": sign * sum(minors),
            "debits": sum(minor for minor in minors if minor > 0),
            "credits": -sum(minor for minor in minors if minor < 0),
            "pending_debits": 0,
            "pending_credits": 0,
        }
        version = max((leg.version for leg in known if leg.asset == asset), default=0)
        shown_balances[asset] = {name: shown(minor, asset) for name, minor in amounts.items()} | {
            "version": version
        }
    return shown_balances


def statement(journal: Journal, question: Question) -> Answer:
    own = [
        (record.effective_at, leg.version, record, leg.minor)
        for record, leg in journal.legs()
        if (leg.account, leg.asset) == (question["account"], question["asset"])
    ]
    own.sort(key=lambda one: one[:2])
    asset, data = question["asset"], []
    opening = balance = sum(
        minor for at, _, _, minor in own if "from" in question and at < first(question["from"])
    )
    for _, _, record, minor in own:
        if in_range(record, question):
            balance += minor
            times = {name: text_of(getattr(record, name)) for name in ("effective_at", "recorded_at")}
            line = {"transaction_id": str(record.id), "description": record.description, **times}
            data.append({**line, "amount": shown(minor, asset), "balance": shown(balance, asset)})
    ends = {"opening_balance": shown(opening, asset), "closing_balance": shown(balance, asset)}
    return {"account": question["account"], "asset": asset, **ends, "data": data}


# The comparison.


def pages(app: TestApp, path: str, question: Question, limit: int) -> Iterator[Answer]:
    """Yield the pages of a list, none of them over its limit, none but a lone one empty."""
    url = f"{LEDGER}/{path}?{urlencode({**question, 'limit': limit})}"
    page = send_ok(app, "GET", url)
    while True:
        assert len(page["data"]) <= limit
        yield page
        if page["next"] is None:
            return
        assert page["data"]
        page = send_ok(app, "GET", f"{url}&cursor={page['next']}")


def some_limit(chance: random.Random, length: int) -> int:
    # Any number, but not one that takes hundreds of pages; often one that fits exactly, or nearly.
    least = max(1, -(-length // PAGES_MAX))
    return min(500, max(least, chance.choice([1, 2, length - 1, length, length + 1, 500])))


def members(each: Answer, names: Answer) -> Answer:
    return {name: each[name] for name in names}


def so_many(app: TestApp, count: int) -> range:
    """Return as many turns as SQLite gets; PostgreSQL gets a quarter, because the questions are the same."""
    is_sqlite = app.app.registry["dbsession_factory"].engine.dialect.name == "sqlite"
    return range(count if is_sqlite else count // 4)


def test_transactions(asked: tuple[TestApp, Journal], chance: random.Random) -> None:
    app, journal = asked
    for _ in so_many(app, 300):
        question = transaction_question(chance, journal)
        expected = transactions(journal, question)
        limit = some_limit(chance, len(expected))
        found = [each for page in pages(app, "transactions", question, limit) for each in page["data"]]
        assert [members(each, view(journal.records[0])) for each in found] == expected, (question, limit)


def test_account_lists(asked: tuple[TestApp, Journal], chance: random.Random) -> None:
    app, journal = asked
    for _ in so_many(app, 120):
        question = account_list_question(chance, journal)
        expected = account_list(journal, question)
        limit = some_limit(chance, len(expected))
        found = [each for page in pages(app, "accounts", question, limit) for each in page["data"]]
        kept = [
            {**members(each, {"path", "type", "status"}), "limited": list(each["limits"])} for each in found
        ]
        assert kept == expected, (question, limit)


def test_balances(asked: tuple[TestApp, Journal], chance: random.Random) -> None:
    app, journal = asked
    for _ in so_many(app, 250):
        question = balance_question(chance, journal)
        expected, totals = balances(journal, question)
        limit = some_limit(chance, len(expected))
        found = list(pages(app, "balances", question, limit))
        assert [each for page in found for each in page["data"]] == expected, (question, limit)
        assert all(page["totals"] == totals for page in found), (question, limit)


def test_accounts(asked: tuple[TestApp, Journal], chance: random.Random) -> None:
    app, journal = asked
    for _ in so_many(app, 90):
        question, path = as_of_question(chance, journal), chance.choice([*PATHS, "assets:unused"])
        found = send_ok(app, "GET", f"{LEDGER}/accounts/{quote(path, safe='')}?{urlencode(question)}")
        assert found["balances"] == account(journal, path, question), (path, question)


def test_statements(asked: tuple[TestApp, Journal], chance: random.Random) -> None:
    app, journal = asked
    for _ in so_many(app, 150):
        question = statement_question(chance, journal)
        expected = statement(journal, question)
        limit = some_limit(chance, len(expected["data"]))
        found = list(pages(app, "statement", question, limit))
        data = [each for page in found for each in page["data"]]
        assert all({**page, "data": data, "next": None} == {**expected, "next": None} for page in found), (
            question,
            limit,
        )
