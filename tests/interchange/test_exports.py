"""Exported journals: what hledger and beancount accept, with our balances, whatever things are called."""

from __future__ import annotations

import csv
import io
from urllib.parse import unquote

import pytest
from webtest import TestApp

from tests.databases import Database
from tests.interchange import odd_books
from tests.interchange.exports import (
    beancount_balances,
    beancount_journal,
    export,
    hledger_balances,
    hledger_check,
    hledger_transactions,
    of_kind,
)
from tests.interchange.imports import balances, listed

# What is written out is the same rows on both products; that both give them, the CSV of them all shows.
on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


@on_sqlite
def test_hledger_reads_what_odd_books_are_called(app: TestApp, database: Database) -> None:
    odd_books.fill(database)
    journal = export(app, "hledger").body
    hledger_check(journal)
    assert hledger_balances(journal) == balances(app)[0]
    read = {dict(each["ttags"])["id"]: each for each in hledger_transactions(journal)}
    for ours in listed(app, "transactions"):
        theirs = read[ours["id"]]
        tags = [(name, unquote(value)) for name, value in theirs["ttags"]]
        metadata = {"" if name == "%" else unquote(name): value for name, value in tags if _is_metadata(name)}
        assert metadata == ours["metadata"]
        assert unquote(theirs["tdescription"]) == ours["description"]
        assert (unquote(theirs["tcode"]) or None) == ours["reference"]
        assert theirs["tdate"] == ours["effective_at"][:10]
        assert dict(tags).get("effective_at", f"{theirs['tdate']}T00:00:00Z") == ours["effective_at"]
        assert dict(tags)["recorded_at"] == ours["recorded_at"]
        assert [unquote(each["paccount"]) for each in theirs["tpostings"]] == [
            each["account"] for each in ours["postings"]
        ]
        assert {each["ptype"] for each in theirs["tpostings"]} == {"RegularPosting"}


def _is_metadata(name: str) -> bool:
    return name not in ("id", "recorded_at", "effective_at", "actor", "kind", "reverses")


@on_sqlite
def test_beancount_reads_what_odd_books_are_called(app: TestApp, database: Database) -> None:
    odd_books.fill(database)
    journal = export(app, "beancount").body
    assert beancount_balances(journal) == balances(app)[0]
    directives = beancount_journal(journal)
    read = {each.meta["id"]: each for each in of_kind(directives, "Transaction")}
    for ours in listed(app, "transactions"):
        theirs = read[ours["id"]]
        assert theirs.narration == ours["description"]
        assert theirs.meta.get("reference") == ours["reference"]


def test_csv_is_read_back_row_by_row(app: TestApp, database: Database) -> None:
    odd_books.fill(database)
    rows = list(csv.DictReader(io.StringIO(export(app, "csv").body.decode(), newline="")))
    ours = {each["id"]: each for each in listed(app, "transactions")}
    told = [(row["transaction"], row["account"], row["asset"], row["amount"]) for row in rows]
    assert sorted(told) == sorted(
        (number, each["account"], each["asset"], each["amount"])
        for number, transaction in ours.items()
        for each in transaction["postings"]
    )
    for row in rows:
        transaction = ours[row["transaction"]]
        assert row["description"] == transaction["description"]
        found = {key[9:]: value for key, value in row.items() if key.startswith("metadata.") and value}
        assert found == {key: value for key, value in transaction["metadata"].items() if value}
