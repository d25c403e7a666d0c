"""Send a journal through HTTP, and look at what it became."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from webtest import TestApp, TestResponse

from tests.interchange.journal_data import Balances

LEDGER = "books"
ADDRESS = f"/v1/ledgers/{LEDGER}"

Json = dict[str, Any]


def record(
    amount: int = 1250, *, account: str = "expenses:food", other: str = "assets:cash", **more: Any
) -> Json:
    """Return a transaction as hledger writes it: so many cents from one account to another."""
    commodity, places = more.pop("commodity", "EUR"), more.pop("places", 2)
    legs = ((account, amount), (other, more.pop("other_amount", -amount)))
    postings = [
        {
            "paccount": path,
            "ptype": "RegularPosting",
            "pamount": [
                {
                    "acommodity": commodity,
                    "aprice": None,
                    "aquantity": {"decimalMantissa": minor, "decimalPlaces": places},
                    "astyle": {"asprecision": places},
                }
            ],
        }
        for path, minor in legs
    ]
    head = {"tcode": "", "tdate": "2024-02-29", "tdescription": "Lunch", "ttags": []}
    return {**head, "tpostings": postings, **more}


def document(*records: Json) -> bytes:
    return json.dumps(records).encode()


def send(
    app: TestApp, data: bytes, *, status: int, headers: dict[str, str] | None = None, **query: str
) -> TestResponse:
    """Import a journal, hledger's JSON unless the query says otherwise."""
    query = {"format": "hledger-json", **query}
    given = {"Content-Type": "application/json" if query["format"] == "hledger-json" else "text/plain"}
    address = f"{ADDRESS}/import?{urlencode(query)}"
    return app.post(address, data, headers={**given, **(headers or {})}, status=status)


def pages(app: TestApp, what: str, limit: int = 50) -> Iterator[Json]:
    """Yield the pages of a list; small ones, so that long books have several."""
    cursor: dict[str, str] = {}
    seen: set[str] = set()
    while True:
        page = app.get(f"{ADDRESS}/{what}", {"limit": str(limit), **cursor}, status=200).json
        yield page
        if page["next"] is None:
            return
        assert page["next"] not in seen, "the list goes round in circles"
        seen.add(page["next"])
        cursor = {"cursor": page["next"]}


def listed(app: TestApp, what: str) -> list[Json]:
    return [item for page in pages(app, what, 100) for item in page["data"]]


def balances(app: TestApp) -> tuple[Balances, dict[str, Decimal]]:
    """Return the balances that are not zero, and the totals by asset, which every page repeats."""
    found: Balances = {}
    totals = set()
    for page in pages(app, "balances"):
        totals.add(json.dumps(page["totals"]))
        for item in page["data"]:
            found |= {(item["account"], asset): Decimal(shown) for asset, shown in item["balances"].items()}
    (only,) = totals
    shown_totals = {asset: Decimal(total) for asset, total in json.loads(only).items()}
    return {key: balance for key, balance in found.items() if balance}, shown_totals


def assert_empty(app: TestApp) -> None:
    """Nothing was imported: no transaction, and no account or asset that one would have needed."""
    assert {what: listed(app, what) for what in ("transactions", "accounts", "assets", "balances")} == {
        "transactions": [],
        "accounts": [],
        "assets": [],
        "balances": [],
    }
