"""Accounts: their paths, addresses, status and metadata."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, account_url, get, post, refused, send, send_ok, transfer

PATHS = [
    "assets:a b",
    "assets:a/b",
    "assets:100%",
    "assets:%2F",
    "assets:a?b#c&d=e",
    "assets:a+b",
    "assets:caf\u00e9",
    "assets:\u94f6\u884c:\u73b0\u91d1",
    "assets:\u0627\u0644\u0628\u0646\u0643",
    "assets:\U0001f600",
    "Assets:Upper",
    "assets:'quoted\"",
    "assets:back\\slash",
    "assets:" + "x" * 248,
    "assets:" + "\u94f6" * 248,
    "assets:x" + ":y" * 120,
    "assets://",
    "assets:{ledger}",
]
NO_PATHS = [
    "",
    ":",
    "a:",
    ":a",
    "assets::b",
    "assets: :b",
    "assets:\t",
    "assets:a\nb",
    "assets:\u200b",
    "assets:\u00a0",
    "assets:\u202e",
    "assets:\x7f",
    "assets:" + "x" * 249,
]


def test_an_account_is_found_at_the_address_it_was_given(books: TestApp) -> None:
    for path in PATHS:
        _open_and_find(books, path)


def _open_and_find(books: TestApp, path: str) -> None:
    made = send(books, "POST", f"{LEDGER}/accounts", {"path": path})
    assert made.status_int == 201
    assert made.json["path"] == path
    assert send_ok(books, "GET", made.headers["Location"]) == made.json
    assert send_ok(books, "GET", account_url(path)) == made.json
    # A colon or a slash need not be encoded.
    assert send_ok(books, "GET", f"{LEDGER}/accounts/{quote(path)}") == made.json
    posted = post(books, path, "equity:x", "1.00")
    assert posted["postings"][0]["account"] == path
    assert get(books, f"/transactions?account={quote(path)}")["data"] == [posted]
    assert get(books, f"/balances?prefix={quote(path)}")["data"][0]["account"] == path


@pytest.mark.parametrize("path", NO_PATHS, ids=repr)
def test_a_path_that_is_none_is_refused(library: TestApp, path: str) -> None:
    body = {"path": path, "type": "asset"}
    refused(send(library, "POST", f"{LEDGER}/accounts", body), "invalid_request", "/path")
    answer = send(library, "POST", f"{LEDGER}/transactions", transfer(path))
    refused(answer, "invalid_request", "/postings/0/account")


def test_two_spellings_of_one_path_are_one_account(books: TestApp) -> None:
    composed = "assets:caf\u00e9"
    decomposed = unicodedata.normalize("NFD", composed)
    assert decomposed != composed
    made = send_ok(books, "POST", f"{LEDGER}/accounts", {"path": decomposed}, 201)
    assert made["path"] == composed
    refused(send(books, "POST", f"{LEDGER}/accounts", {"path": composed}), "account_exists", "/path")
    posted = post(books, decomposed, "equity:x")
    assert posted["postings"][0]["account"] == composed
    for spelling in (composed, decomposed):
        assert send_ok(books, "GET", account_url(spelling))["path"] == composed
        assert get(books, f"/accounts?prefix={quote(spelling)}")["data"][0]["path"] == composed
        assert get(books, f"/balances?prefix={quote(spelling)}")["data"][0]["account"] == composed
        assert get(books, f"/transactions?account={quote(spelling)}")["data"] == [posted]


TYPES = {
    "asset": "asset",
    "Assets": "asset",
    "LIABILITY:x": "liability",
    "liabilities": "liability",
    "Equity:a": "equity",
    "income": "income",
    "revenue": "income",
    "Revenues:x": "income",
    "expense": "expense",
    "EXPENSES:food": "expense",
}


def test_the_first_segment_tells_the_type_in_any_case(books: TestApp) -> None:
    for path, account_type in TYPES.items():
        made = send_ok(books, "POST", f"{LEDGER}/accounts", {"path": path}, 201)
        assert made["type"] == account_type, path
        assert made["normal_side"] == ("debit" if account_type in ("asset", "expense") else "credit")


def test_a_new_account_is_answered_whole(books: TestApp) -> None:
    body = {"path": "bank", "type": "asset", "limits": {"USD": {"min": "0"}}, "metadata": {"iban": "DE"}}
    made = send_ok(books, "POST", f"{LEDGER}/accounts", body, 201)
    assert made.pop("created_at").endswith("Z")
    zeros = [
        "balance",
        "normal_balance",
        "available",
        "debits",
        "credits",
        "pending_debits",
        "pending_credits",
    ]
    assert made == {
        "path": "bank",
        "type": "asset",
        "normal_side": "debit",
        "status": "open",
        "limits": {"USD": {"min": "0.00"}},
        "metadata": {"iban": "DE"},
        "balances": {"USD": {**dict.fromkeys(zeros, "0.00"), "version": 0}},
    }


def test_balances_are_shown_on_both_sides(books: TestApp) -> None:
    post(books, "assets:cash", "income:job", "100.00")
    post(books, "expenses:food", "assets:cash", "12.50")
    shown = get(books, "/accounts/assets:cash")["balances"]["USD"]
    assert shown == {
        "balance": "87.50",
        "normal_balance": "87.50",
        "available": "87.50",
        "debits": "100.00",
        "credits": "12.50",
        "pending_debits": "0.00",
        "pending_credits": "0.00",
        "version": 2,
    }
    income = get(books, "/accounts/income:job")["balances"]["USD"]
    assert (income["balance"], income["normal_balance"], income["available"]) == (
        "-100.00",
        "100.00",
        "100.00",
    )


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"path": "somewhere"}, "invalid_request", "/type"),
        ({"path": "assets:x", "type": "bank"}, "invalid_request", "/type"),
        ({"path": "assets:x", "type": ""}, "invalid_request", "/type"),
        ({"path": "assets:cash"}, "account_exists", "/path"),
        ({"path": "assets:x", "metadata": {"a": 1}}, "invalid_request", "/metadata"),
    ],
)
def test_an_account_that_cannot_be_opened_says_why(
    library: TestApp, body: object, code: str, pointer: str
) -> None:
    refused(send(library, "POST", f"{LEDGER}/accounts", body), code, pointer)


@pytest.mark.parametrize("status", ["frozen", "closed"])
def test_a_frozen_or_closed_account_takes_postings_again_once_open(books: TestApp, status: str) -> None:
    post(books)
    url = account_url("assets:cash")
    assert send_ok(books, "PATCH", url, {"status": status})["status"] == status
    document = refused(send(books, "POST", f"{LEDGER}/transactions", transfer()), f"account_{status}")
    assert document["account"] == "assets:cash"
    assert [each["path"] for each in get(books, f"/accounts?status={status}")["data"]] == ["assets:cash"]
    assert send_ok(books, "PATCH", url, {"status": "open"})["status"] == "open"
    assert post(books)["postings"][1]["version"] == 2


@pytest.mark.parametrize("body", [{"status": "gone"}, {"status": ""}, {"status": "OPEN"}])
def test_a_status_is_one_of_three(library: TestApp, body: object) -> None:
    refused(send(library, "PATCH", account_url("assets:cash"), body), "invalid_request", "/status")


def test_a_change_of_nothing_changes_nothing(books: TestApp) -> None:
    post(books)
    before = get(books, "/accounts/assets:cash")
    assert send_ok(books, "PATCH", account_url("assets:cash"), {}) == before


def test_a_change_of_an_account_that_is_not_there_is_refused(library: TestApp) -> None:
    refused(send(library, "PATCH", account_url("assets:none"), {}), "account_not_found")


def test_a_list_of_accounts_shows_no_balances(library: TestApp) -> None:
    accounts = get(library, "/accounts")["data"]
    assert [each["path"] for each in accounts] == sorted(each["path"] for each in accounts)
    assert all("balances" not in each for each in accounts)
    full = get(library, f"/accounts/{accounts[0]['path']}")
    assert {**accounts[0], "balances": full["balances"]} == full


@pytest.mark.parametrize("prefix", ["assets", "assets:c", "ASSETS", "%", "_", "", "assets:cash:"])
@pytest.mark.parametrize("account_type", ["", "asset", "expense", "equity"])
def test_the_filters_of_the_list_are_those_of_plain_python(
    library: TestApp, prefix: str, account_type: str
) -> None:
    query = f"prefix={quote(prefix)}" + (f"&type={account_type}" if account_type else "")
    expected = [
        each
        for each in get(library, "/accounts")["data"]
        if each["path"].startswith(prefix) and account_type in ("", each["type"])
    ]
    assert get(library, f"/accounts?{query}")["data"] == expected
