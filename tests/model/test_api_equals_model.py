"""Whatever is asked of the API, in whatever order, it answers what the model foretells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from webtest import TestApp

from tests.api.client import send
from tests.apps import close, make_app
from tests.databases import Database
from tests.model.books import Account, Books, Bounds, Entry, Leg, net

# In parts, so that several processes can share them. What differs between the products lies below the rules
# that a program of requests tries, so PostgreSQL is asked fewer.
PARTS = 4
EXAMPLES = {"sqlite": 200 // PARTS, "postgresql": 60 // PARTS}
STEPS = 50
SCALES = {"USD": 2, "JPY": 0}
# Of the last one the type cannot be told.
PATHS = (
    "assets:cash", "assets:bank", "expenses:food", "liabilities:card", "income:job", "equity:opening", "?:x",
)  # fmt: skip
DAYS = ("2026-01-01", "2026-01-02", "2026-03-31")

paths = st.sampled_from(PATHS)
named = st.sampled_from(PATHS[:-1])
assets = st.sampled_from([*SCALES, *SCALES, "XXX"])
days = st.sampled_from(DAYS)
amounts = st.integers(-300, 300)
references = st.sampled_from([None, None, "r1", "r2", "r3"])
bounds = st.tuples(st.none() | st.integers(-200, 0), st.none() | st.integers(0, 200))


@st.composite
def legs(draw: Any) -> list[Leg]:
    """Return legs of one asset or two, most of them balanced."""
    found: list[Leg] = []
    for asset in draw(st.lists(assets, min_size=1, max_size=2, unique=True)):
        moved = draw(st.lists(st.tuples(paths, amounts), min_size=1, max_size=3))
        rest = -sum(amount for _, amount in moved) + draw(st.sampled_from([0] * 9 + [1]))
        found += [(path, asset, amount) for path, amount in moved] + [(draw(paths), asset, rest)]
    return found


def written(amount: int, asset: str) -> str:
    """Return an amount of the smallest unit as the API writes it."""
    scale = SCALES.get(asset, 2)
    sign, digits = "-" if amount < 0 else "", str(abs(amount)).rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else f"{sign}{digits}"


def as_sent(legs: list[Leg]) -> list[dict[str, str]]:
    return [
        {"account": path, "asset": asset, "amount": written(amount, asset)} for path, asset, amount in legs
    ]


class ApiEqualsModel(RuleBasedStateMachine):
    """One ledger, in the API and in the model."""

    app: TestApp
    ledgers = iter(range(1_000_000_000))

    def __init__(self) -> None:
        super().__init__()
        name = f"model-{next(self.ledgers)}"
        self.url = f"/v1/ledgers/{name}"
        self.books = Books(SCALES)
        assets = [{"code": code, "scale": scale} for code, scale in SCALES.items()]
        self.ask("POST", "/v1/ledgers", 201, {"name": name, "assets": assets})

    def ask(self, method: str, url: str, status: int, body: Any = None, **options: Any) -> Any:
        answer = send(self.app, method, url, body, **options)
        assert answer.status_int == status, answer.text
        return answer.json

    @rule(path=paths, asset=st.sampled_from([*SCALES]), limit=bounds)
    def open_account(self, path: str, asset: str, limit: Bounds) -> None:
        body = {"path": path, "limits": {asset: limits_sent(limit, asset)}}
        answer = send(self.app, "POST", f"{self.url}/accounts", body)
        if path in self.books.accounts:
            assert (answer.status_int, answer.json["code"]) == (409, "account_exists")
        elif path == "?:x":
            assert (answer.status_int, answer.json["code"]) == (422, "invalid_request")
        else:
            assert answer.status_int == 201, answer.text
            self.books.accounts[path] = Account(path, limits={asset: limit})

    @precondition(lambda self: self.books.accounts)
    @rule(data=st.data(), asset=st.sampled_from([*SCALES]), limit=bounds)
    def set_limits(self, data: Any, asset: str, limit: Bounds) -> None:
        account = self._any_account(data)
        self._change(account, {"limits": {asset: limits_sent(limit, asset)}})
        account.limits[asset] = limit

    @precondition(lambda self: self.books.accounts)
    @rule(data=st.data(), status=st.sampled_from(["open", "open", "frozen", "closed"]))
    def set_status(self, data: Any, status: str) -> None:
        account = self._any_account(data)
        self._change(account, {"status": status})
        account.status = status

    def _any_account(self, data: Any) -> Account:
        return self.books.accounts[data.draw(st.sampled_from(sorted(self.books.accounts)))]

    def _change(self, account: Account, change: dict[str, Any]) -> None:
        self.ask("PATCH", f"{self.url}/accounts/{account.path}", 200, change)

    @rule(legs=legs(), day=days, reference=references, dry=st.sampled_from([False, False, True]))
    def post(self, legs: list[Leg], day: str, reference: str | None, dry: bool) -> None:
        body = {"postings": as_sent(legs), "effective_at": day, "reference": reference}
        refusals = self.books.refusals(legs, reference)
        url = f"{self.url}/transactions{'?dry_run=1' if dry else ''}"
        answer = send(self.app, "POST", url, body)
        if refusals:
            assert answer.status_int in (409, 422), answer.text
            assert answer.json["code"] in refusals, (answer.json, refusals)
            return
        assert answer.status_int == (200 if dry else 201), answer.text
        entry = entry_of(answer.json, legs)
        self._require_receipt(answer.json, entry)
        if not dry:
            self.books.keep(entry, reference)

    def _require_receipt(self, receipt: dict[str, Any], entry: Entry) -> None:
        balances, versions = self.books.balances(), self.books.versions()
        for (path, asset, amount), posting in zip(entry.legs, receipt["postings"], strict=True):
            balances[path, asset] = balances.get((path, asset), 0) + amount
            versions[path, asset] += 1
            expected = (path, asset, written(amount, asset), written(balances[path, asset], asset))
            assert tuple(posting[name] for name in ("account", "asset", "amount", "balance")) == expected
            assert posting["version"] == versions[path, asset]

    @rule(legs=legs(), day=days, twice=st.booleans())
    def post_with_a_key(self, legs: list[Leg], day: str, twice: bool) -> None:
        headers = {"Idempotency-Key": f"{self.url}-{next(self.ledgers)}"}
        body = {"postings": as_sent(legs), "effective_at": day}
        refusals = self.books.refusals(legs)
        first = send(self.app, "POST", f"{self.url}/transactions", body, headers=headers)
        again = send(self.app, "POST", f"{self.url}/transactions", body, headers=headers)
        if refusals:
            assert {first.json["code"], again.json["code"]} <= refusals
            return
        assert (first.status_int, again.status_int) == (201, 201)
        assert (first.json, again.headers["Idempotency-Replayed"]) == (again.json, "true")
        self.books.keep(entry_of(first.json, legs))
        if twice:
            changed = {**body, "description": "x"}
            other = send(self.app, "POST", f"{self.url}/transactions", changed, headers=headers)
            assert (other.status_int, other.json["code"]) == (422, "idempotency_key_reused")

    @precondition(lambda self: self.books.entries)
    @rule(data=st.data(), day=days)
    def look_back_on_both_axes(self, data: Any, day: str) -> None:
        known = data.draw(st.sampled_from(self.books.entries)).recorded_at
        answer = self.ask("GET", f"{self.url}/balances?at={day}&known_at={known}&limit=500", 200)
        end_of_day = f"{day}T23:59:59.999999Z"
        self._require_balances(answer, self.books.balances(end_of_day, known))

    @precondition(lambda self: self.books.accounts)
    @rule(data=st.data())
    def look_at_an_account(self, data: Any) -> None:
        account = self._any_account(data)
        answer = self.ask("GET", f"{self.url}/accounts/{account.path}", 200)
        assert (answer["status"], answer["path"]) == (account.status, account.path)
        versions = self.books.versions()
        for (path, asset), balance in self.books.balances().items():
            if path == account.path:
                shown = answer["balances"][asset]
                assert shown["balance"] == written(balance, asset)
                assert shown["normal_balance"] == written(account.sign * balance, asset)
                assert shown["version"] == versions[path, asset]

    @invariant()
    def the_balances_are_the_models(self) -> None:
        answer = self.ask("GET", f"{self.url}/balances?limit=500", 200)
        self._require_balances(answer, self.books.balances())

    def _require_balances(self, answer: dict[str, Any], expected: dict[tuple[str, str], int]) -> None:
        shown = {
            (each["account"], asset): amount
            for each in answer["data"]
            for asset, amount in each["balances"].items()
        }
        written_down = {key: written(amount, key[1]) for key, amount in expected.items()}
        zero = {key for key, amount in shown.items() if amount in ("0.00", "0")}
        assert {key: shown[key] for key in shown.keys() - zero} == {
            key: text for key, text in written_down.items() if expected[key]
        }
        assert set(answer["totals"].values()) <= {"0.00", "0"}

    @precondition(lambda self: self.books.entries)
    @invariant()
    def the_newest_transaction_is_listed_first(self) -> None:
        answer = self.ask("GET", f"{self.url}/transactions?limit=1", 200)
        assert answer["data"][0]["id"] == self.books.entries[-1].id

    def teardown(self) -> None:
        """Let the service judge what the program left behind."""
        verification = self.ask("GET", f"{self.url}/verify", 200)
        assert verification["ok"], verification


def limits_sent(limit: Bounds, asset: str) -> dict[str, str]:
    named = zip(("min", "max"), limit, strict=True)
    return {name: written(bound, asset) for name, bound in named if bound is not None}


def entry_of(receipt: dict[str, Any], legs: list[Leg]) -> Entry:
    times = receipt["effective_at"], receipt["recorded_at"]
    return Entry(receipt["id"], *times, tuple(legs), receipt["reverses"])


@contextmanager
def served(database: Database) -> Iterator[type[ApiEqualsModel]]:
    """Give the machine an application on the database."""
    app = make_app(database)
    yield type("ApiEqualsModelHere", (ApiEqualsModel,), {"app": app})
    close(app)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_api_equals_the_model(database: Database, part: int) -> None:
    chosen = settings(
        max_examples=EXAMPLES[database.dialect],
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    with served(database) as machine:
        run_state_machine_as_test(machine, settings=chosen)


def test_a_limit_is_asked_of_what_a_transaction_moves_in_all() -> None:
    books = Books(SCALES)
    books.accounts["assets:cash"] = Account("assets:cash", limits={"USD": (0, None)})
    there_and_back: list[Leg] = [("assets:cash", "USD", -5), ("assets:cash", "USD", 5)]
    assert books.refusals(there_and_back) == set()
    assert net(there_and_back) == {("assets:cash", "USD"): 0}


@pytest.mark.parametrize(
    ("amount", "asset", "text"), [(-5, "USD", "-0.05"), (120, "JPY", "120"), (0, "USD", "0.00")]
)
def test_amounts_are_written_as_the_api_writes_them(amount: int, asset: str, text: str) -> None:
    assert written(amount, asset) == text
