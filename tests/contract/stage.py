"""The application that is asked, the books it has, and the last touch to a request before it is sent."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from schemathesis import Case
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase
from webtest import TestApp

from tests.api.client import send_ok
from tests.api.conformance import mistakes
from tests.contract.vocabulary import ACCOUNTS, ASSETS, HOLD, KEY, LEDGER, PLACEHOLDERS, TRANSACTION
from tests.interchange.imports import record

TRANSACTION_BODY = {"$ref": "#/components/schemas/TransactionBody"}
BOOKS = f"/v1/ledgers/{LEDGER}"


def fill(app: TestApp) -> None:
    """Prepare the books: a ledger with assets, accounts, transactions, an open hold, and a key."""
    assets = [{"code": code, "scale": 2} for code in ASSETS]
    send_ok(app, "POST", "/v1/ledgers", {"name": LEDGER, "assets": assets}, 201)
    for path in ACCOUNTS:
        send_ok(app, "POST", f"{BOOKS}/accounts", {"path": path, "metadata": {"a": "b"}}, 201)
    for _ in range(3):
        new_transaction(app)
        new_hold(app)
    new_key(app)


def transfer(amount: str = "12.50") -> list[dict[str, str]]:
    """Return two postings that the books take."""
    debit = {"account": ACCOUNTS[2], "asset": ASSETS[0], "amount": amount}
    return [debit, {**debit, "account": ACCOUNTS[0], "amount": f"-{amount}"}]


def new_transaction(app: TestApp) -> str:
    return str(send_ok(app, "POST", f"{BOOKS}/transactions", {"postings": transfer()}, 201)["id"])


def new_hold(app: TestApp) -> str:
    return str(send_ok(app, "POST", f"{BOOKS}/holds", {"postings": transfer()}, 201)["id"])


def new_key(app: TestApp) -> str:
    return str(send_ok(app, "POST", "/v1/keys", {"name": "web", "scopes": ["read"]}, 201)["id"])


MAKERS: dict[str, Callable[[TestApp], str]] = {
    TRANSACTION: new_transaction,
    HOLD: new_hold,
    KEY: new_key,
}


KNOWN = {"account": ACCOUNTS[0], "asset": ASSETS[0]}
EXISTING = {"ledger": LEDGER, "path": ACCOUNTS[0], **PLACEHOLDERS}


class Stage:
    """The WSGI application that schemathesis calls: that of the test which runs, since each has its own."""

    def __init__(self) -> None:
        self.app: TestApp | None = None
        self.statuses: Counter[int] = Counter()

    def open(self, app: TestApp) -> None:
        """Let this application answer from now on."""
        self.app, self.statuses = app, Counter()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer."""
        assert self.app is not None
        return self.app.app(environ, start_response)

    def ready(self, case: Case) -> None:
        """Put in what schemathesis cannot know: ids of what is there, sums of zero, cursors, whole files."""
        assert self.app is not None
        assert case.meta is not None
        dice = _dice(case)
        # The corners of the schemas are tried in the books, too, not in a ledger called 0.
        if not case.meta.is_negative_at(ParameterLocation.PATH) and (_is_corner(case) or dice.random() < 0.7):
            case.path_parameters = {name: EXISTING[name] for name in case.path_parameters}
        for name, value in dict(case.path_parameters).items():
            if value in MAKERS:
                case.path_parameters = {**case.path_parameters, name: MAKERS[value](self.app)}
        # Beancount's journals are read by a process of their own, so hledger's take their place most times.
        if (case.query or {}).get("format") == "beancount" and dice.random() < 0.95:
            case.query = {**case.query, "format": "hledger-json"}
        if case.meta.generation.mode.is_positive:
            self._helped(case, dice)
        # Where the postings are not what is wrong, they must not hide it by sums that are not zero.
        for body in _bodies(case.body):
            if dice.random() < 0.8:
                _balance(body, dice)

    def _helped(self, case: Case, dice: Random) -> None:
        if case.query and dice.random() < 0.7:
            case.query = {**case.query, **{name: KNOWN[name] for name in case.query if name in KNOWN}}
        if "cursor" in (case.query or {}) and dice.random() < 0.8:
            case.query = self._with_a_true_cursor(case, dice)
        if case.path.endswith("/import") and dice.random() < 0.9:
            case.query = {**case.query, "format": "hledger-json", "default_type": "asset"}
            case.media_type, case.body = "application/json", [record(commodity=ASSETS[0])]

    def _with_a_true_cursor(self, case: Case, dice: Random) -> dict[str, Any]:
        query = {name: value for name, value in case.query.items() if name != "cursor"}
        if dice.random() < 0.5:
            return query
        case.query = {**query, "limit": 1}
        page = case.call()
        cursor = page.json()["next"] if page.status_code == 200 else None
        return query if cursor is None else {**case.query, "cursor": cursor}


def _is_corner(case: Case) -> bool:
    return case.meta is not None and case.meta.phase.name == TestPhase.COVERAGE


def _dice(case: Case) -> Random:
    # The same request is always treated alike, whatever was sent before it.
    told = repr((case.operation.label, case.path_parameters, case.query, case.body))
    return Random(zlib.crc32(told.encode(errors="surrogatepass")))


def _bodies(body: Any) -> Iterator[dict[str, Any]]:
    items = body.get("transactions") if isinstance(body, dict) else None
    yield from (
        each for each in (body, *(items if isinstance(items, list) else ())) if isinstance(each, dict)
    )


def _balance(body: dict[str, Any], dice: Random) -> None:
    postings = body.get("postings")
    if postings and not mistakes(TRANSACTION_BODY, {"postings": postings}):
        first = postings[0]
        amount = first["amount"].removeprefix("-")
        mirrored = [{**first, "amount": amount}, {**first, "account": ACCOUNTS[1], "amount": f"-{amount}"}]
        body["postings"] = mirrored if dice.random() < 0.3 else transfer("1.25")
