"""What is an amount and what is not; how amounts are answered."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, post, refused, send, transfer

POSTING = "/postings/0/amount"
NO_AMOUNTS: list[Any] = [12.5, 12, 0, -1, True, False, None, [], {}, ["1"], 10**30]
NO_DECIMALS = [
    "0",
    "0.00",
    "-0",
    "-0.00",
    "",
    " ",
    "1e2",
    "1E2",
    "1,000",
    "1_000",
    "1 000",
    "+1",
    "--1",
    "1-",
    ".5",
    "5.",
    ".",
    "-",
    "0x10",
    "NaN",
    "Infinity",
    "-inf",
    "1.234",
    "1.000",
    " 1",
    "1 ",
    "1\n",
    "\u0661",
    "\u0967\u0968",
    "\uff11",
    "1\u066b5",
    "\u22121",
    "1.2.3",
    "$1",
    "1 USD",
    "\0",
    "1\0",
    "½",
    "²",
]
TOO_LARGE = ["92233720368547758.08", "-92233720368547758.08", "9" * 40, "9" * 41, "9" * 100_000]


def with_amount(amount: Any, asset: str = "USD") -> dict[str, Any]:
    postings = [
        {"account": "expenses:food", "asset": asset, "amount": amount},
        {"account": "assets:cash", "asset": asset, "amount": "-1"},
    ]
    return {"postings": postings}


@pytest.mark.parametrize("amount", NO_AMOUNTS + NO_DECIMALS, ids=repr)
def test_what_is_no_decimal_string_is_no_amount(library: TestApp, amount: object) -> None:
    answer = send(library, "POST", f"{LEDGER}/transactions", with_amount(amount))
    refused(answer, "invalid_amount", POSTING)


@pytest.mark.parametrize("literal", [b"1e400", b"-0", b"1.0", b"1E5", b"0.1e-7"])
def test_a_json_number_of_any_spelling_is_no_amount(library: TestApp, literal: bytes) -> None:
    body = b'{"postings": [{"account": "assets:a", "asset": "USD", "amount": ' + literal + b"}]}"
    refused(send(library, "POST", f"{LEDGER}/transactions", body), "invalid_amount", POSTING)


@pytest.mark.parametrize("amount", TOO_LARGE, ids=len)
def test_an_amount_beyond_64_bits_is_out_of_range(library: TestApp, amount: str) -> None:
    answer = send(library, "POST", f"{LEDGER}/transactions", with_amount(amount))
    refused(answer, "amount_out_of_range", POSTING)
    assert len(answer.body) < 2_000


@pytest.mark.parametrize(("asset", "amount"), [("JPY", "1.0"), ("JPY", "0.5"), ("BTC", "0.000000001")])
def test_an_amount_has_at_most_the_decimals_of_its_asset(library: TestApp, asset: str, amount: str) -> None:
    answer = send(library, "POST", f"{LEDGER}/transactions", with_amount(amount, asset))
    refused(answer, "invalid_amount", POSTING)


@pytest.mark.parametrize("bound", ["min", "max"])
@pytest.mark.parametrize("amount", [5, 1.5, True, "1e2", "1,0", "0.001", "\u0661", ""], ids=repr)
def test_a_limit_is_an_amount_too(library: TestApp, bound: str, amount: object) -> None:
    body = {"path": "assets:x", "limits": {"USD": {bound: amount}}}
    answer = send(library, "POST", f"{LEDGER}/accounts", body)
    refused(answer, "invalid_amount")
    if isinstance(amount, str):
        refused(answer, "invalid_amount", f"/limits/USD/{bound}")


SHOWN = [
    ("USD", "12.5", "12.50"),
    ("USD", "7", "7.00"),
    ("USD", "007.10", "7.10"),
    ("JPY", "5", "5"),
    ("BTC", "0.00000001", "0.00000001"),
    ("BTC", "1", "1.00000000"),
    ("USD", "92233720368547758.07", "92233720368547758.07"),
]


@pytest.mark.parametrize(("asset", "given", "shown"), SHOWN)
def test_an_amount_is_answered_with_all_its_decimals(
    library: TestApp, asset: str, given: str, shown: str
) -> None:
    postings = [
        {"account": "expenses:new", "asset": asset, "amount": given},
        {"account": "equity:new", "asset": asset, "amount": "-" + given},
    ]
    answer = send(library, "POST", f"{LEDGER}/transactions?dry_run=true", {"postings": postings})
    assert [posting["amount"] for posting in answer.json["postings"]] == [shown, "-" + shown]
    assert [posting["balance"] for posting in answer.json["postings"]] == [shown, "-" + shown]


def test_a_balance_never_leaves_64_bits(books: TestApp) -> None:
    post(books, amount="92233720368547758.07")
    refused(send(books, "POST", f"{LEDGER}/transactions", transfer(amount="0.01")), "amount_out_of_range")
    back = post(books, "equity:a", "equity:b", "92233720368547758.07")
    assert back["postings"][0]["balance"] == "92233720368547758.07"


def test_postings_whose_sum_leaves_64_bits_are_out_of_range(library: TestApp) -> None:
    huge = "92233720368547758.07"
    postings = [{"account": f"assets:{n}", "asset": "USD", "amount": huge} for n in range(2)]
    postings += [{"account": f"equity:{n}", "asset": "USD", "amount": "-" + huge} for n in range(2)]
    answer = send(library, "POST", f"{LEDGER}/transactions", {"postings": postings})
    refused(answer, "amount_out_of_range", "/postings")
