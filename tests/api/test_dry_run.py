"""A dry run answers what would be, and keeps nothing."""

from __future__ import annotations

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, post, refused, send, transfer
from tests.api.conftest import everything


@pytest.mark.parametrize("flag", ["dry_run", "dry_run=", "dry_run=1", "dry_run=true", "dry_run=TRUE"])
def test_a_dry_run_shows_the_transaction_and_keeps_nothing(books: TestApp, flag: str) -> None:
    post(books)
    before = everything(books)
    body = transfer("expenses:new", "assets:cash", effective_at="2026-01-05", reference="r")
    answer = send(books, "POST", f"{LEDGER}/transactions?{flag}", body, headers={"Idempotency-Key": "k"})
    assert answer.status_int == 200
    assert "Location" not in answer.headers
    assert [posting["balance"] for posting in answer.json["postings"]] == ["12.50", "-25.00"]
    assert [posting["version"] for posting in answer.json["postings"]] == [1, 2]
    assert everything(books) == before
    # Neither the reference nor the key is used up.
    made = send(books, "POST", f"{LEDGER}/transactions", body, headers={"Idempotency-Key": "k"})
    assert made.status_int == 201
    assert "Idempotency-Replayed" not in made.headers
    ran = {name: made.json[name] for name in ("postings", "effective_at", "reference", "kind", "actor")}
    assert ran == {name: answer.json[name] for name in ran}


@pytest.mark.parametrize("flag", ["dry_run=0", "dry_run=false", "dry_run=False"])
def test_a_flag_that_says_no_posts(books: TestApp, flag: str) -> None:
    assert send(books, "POST", f"{LEDGER}/transactions?{flag}", transfer()).status_int == 201


@pytest.mark.parametrize("flag", ["dry_run=yes", "dry_run=2", "dry_run=%20"])
def test_a_flag_that_says_neither_is_refused(library: TestApp, flag: str) -> None:
    refused(send(library, "POST", f"{LEDGER}/transactions?{flag}", transfer()), "invalid_parameter")


def test_a_key_that_is_none_is_refused_in_a_dry_run_too(library: TestApp) -> None:
    headers = {"Idempotency-Key": "two words"}
    answer = send(library, "POST", f"{LEDGER}/transactions?dry_run", transfer(), headers=headers)
    refused(answer, "invalid_parameter")
