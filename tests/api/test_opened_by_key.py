"""A request with a key opens its ledger by the statement that looks the key up; what it sees is never old."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from webtest import TestApp

from myapp.ledger.books import ASSETS_AT_ONCE
from tests.api.client import LEDGER, refused, send, transfer
from tests.apps import close, make_app
from tests.counting import counted
from tests.databases import Database


@pytest.fixture
def keyed(books: TestApp, database: Database) -> Iterator[TestApp]:
    """Give an application that asks for keys, and sends that of an administrator."""
    secret = books.post_json("/v1/keys", {"name": "web", "scopes": ["admin"]}, status=201).json["secret"]
    made = make_app(database, **{"myapp.auth": "keys"})
    made.authorization = ("Bearer", secret)
    yield made
    close(made)


def test_a_post_asks_once_who_sends_it_and_which_ledger_it_is_for(keyed: TestApp) -> None:
    keyed.post_json(f"{LEDGER}/transactions", transfer(), status=201)
    with counted(keyed) as statements:
        keyed.post_json(f"{LEDGER}/transactions", transfer(), status=201)
    read_the_ledger = [each for each in statements if " ledger " in each or "JOIN ledger" in each]
    assert len(read_the_ledger) == 1
    assert "api_key" in read_the_ledger[0]


def test_an_asset_is_known_as_soon_as_it_is_declared(keyed: TestApp) -> None:
    body = transfer()
    for posting in body["postings"]:
        posting["asset"] = "EUR"
    refused(send(keyed, "POST", f"{LEDGER}/transactions", body), "unknown_asset")
    keyed.post_json(f"{LEDGER}/assets", {"code": "EUR", "scale": 3}, status=201)
    answer = keyed.post_json(f"{LEDGER}/transactions", body, status=201).json
    assert answer["postings"][0]["amount"] == "12.500"


def test_a_ledger_of_many_assets_knows_all_of_them(keyed: TestApp) -> None:
    codes = [f"A{number:03}" for number in range(3 * ASSETS_AT_ONCE)]
    for code in codes:
        keyed.post_json(f"{LEDGER}/assets", {"code": code, "scale": 1}, status=201)
    for code in (codes[0], codes[-1], "USD"):
        body = transfer(amount="12.5")
        for posting in body["postings"]:
            posting["asset"] = code
        keyed.post_json(f"{LEDGER}/transactions", body, status=201)


def test_a_ledger_turned_strict_opens_no_more_accounts(keyed: TestApp) -> None:
    keyed.post_json(f"{LEDGER}/transactions", transfer("expenses:one"), status=201)
    keyed.patch_json(LEDGER, {"strict_accounts": True}, status=200)
    refused(send(keyed, "POST", f"{LEDGER}/transactions", transfer("expenses:two")), "unknown_account")


def test_a_ledger_that_is_not_there_is_not_found(keyed: TestApp) -> None:
    for name in ("nowhere", "%00", "B%C3%BCcher"):
        answer = send(keyed, "POST", f"/v1/ledgers/{name}/transactions", transfer())
        assert answer.status_int == 404


def test_a_key_is_of_no_use_from_its_revocation_on(keyed: TestApp) -> None:
    made = keyed.post_json("/v1/keys", {"name": "till", "scopes": ["write"]}, status=201).json
    till = {"Authorization": f"Bearer {made['secret']}"}
    for _ in range(3):
        keyed.post_json(f"{LEDGER}/transactions", transfer(), headers=till, status=201)
    keyed.delete(f"/v1/keys/{made['id']}", status=200)
    answer = send(keyed, "POST", f"{LEDGER}/transactions", transfer(), headers=till)
    refused(answer, "unauthenticated")
