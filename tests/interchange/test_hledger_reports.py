"""The balance sheet and the income statement of books that no one here wrote are those that hledger computes.

hledger gets every posting as an unbalanced one, in the amounts that it wrote itself: without their prices,
since a report is of amounts and not of values. Nothing of ours comes between its journal and its reports.
"""

from __future__ import annotations

import json
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp

from tests.interchange.imports import ADDRESS, send
from tests.interchange.journal_data import journals, needs_data

# What makes each asset sum to zero is no posting of the journal.
CONVERSION = "equity:conversion"
SECTIONS = {
    "Assets": "asset",
    "Liabilities": "liability",
    "Equity": "equity",
    "Revenues": "income",
    "Expenses": "expense",
}
# In hledger, the end of a period is the day after its last.
PERIODS = [
    ("2012-01-01", "2012-12-31", "2013-01-01"),
    ("2013-02-01", "2013-02-28", "2013-03-01"),
    ("2013-04-17", "2014-06-03", "2014-06-04"),
    ("2014-10-12", "2014-12-31", "2015-01-01"),
]

Amounts = dict[str, Decimal]
Report = dict[str, tuple[dict[str, Amounts], Amounts]]


def amounts_of(given: list[dict[str, Any]]) -> Amounts:
    quantities = {each["acommodity"]: each["aquantity"] for each in given}
    return nonzero(
        {
            asset: Decimal(quantity["decimalMantissa"]).scaleb(-quantity["decimalPlaces"])
            for asset, quantity in quantities.items()
        }
    )


def nonzero(amounts: Amounts) -> Amounts:
    return {asset: amount for asset, amount in amounts.items() if amount}


def journal_text(path: Path) -> str:
    lines = []
    for transaction in json.loads(path.read_text("utf-8")):
        lines.append(transaction["tdate"])
        for posting in transaction["tpostings"]:
            for each in posting["pamount"]:
                for asset, amount in amounts_of([each]).items():
                    lines.append(f'    ({posting["paccount"]})  {amount:f} "{asset}"')
    return "\n".join(lines) + "\n"


def hledger(journal: str, *command: str) -> tuple[Report, Amounts]:
    """Return the sections of a report with their totals, and its grand total."""
    arguments = ["hledger", "-f", "-", *command, "--flat", "--no-elide", "-O", "json"]
    done = subprocess.run(
        arguments, input=journal, capture_output=True, text=True, check=True, timeout=60, encoding="utf-8"
    )
    found = json.loads(done.stdout)
    sections: Report = {}
    for title, part, _ in found["cbrSubreports"]:
        rows = {row["prrName"]: amounts_of(row["prrTotal"]) for row in part["prRows"]}
        totals = amounts_of(part["prTotals"]["prrTotal"])
        sections[SECTIONS[title]] = ({name: each for name, each in rows.items() if each}, totals)
    return sections, amounts_of(found["cbrTotals"]["prrTotal"])


def ours(found: dict[str, Any]) -> Report:
    sections: Report = {}
    for section in found["sections"]:
        rows = {each["account"]: decimals(each["balances"]) for each in section["data"]}
        conversion, totals = rows.pop(CONVERSION, {}), decimals(section["totals"])
        kept = nonzero({asset: totals[asset] - conversion.get(asset, 0) for asset in totals})
        sections[section["type"]] = ({name: each for name, each in rows.items() if each}, kept)
    return sections


def decimals(balances: dict[str, str]) -> Amounts:
    return nonzero({asset: Decimal(amount) for asset, amount in balances.items()})


@needs_data
def test_reports_are_those_of_hledger(app: TestApp) -> None:
    (path,) = journals("hledger/bcexample.json")
    send(app, path.read_bytes(), status=201)
    text = journal_text(path)
    for start, end, after in PERIODS:
        sheet = app.get(f"{ADDRESS}/reports/balance-sheet?at={end}", status=200).json
        assert ours(sheet) == hledger(text, "balancesheetequity", "-e", after)[0], end
        assert sheet["balanced"]
        statement = app.get(f"{ADDRESS}/reports/income-statement?from={start}&to={end}", status=200).json
        sections, net_income = hledger(text, "incomestatement", "-b", start, "-e", after)
        assert ours(statement) == sections, (start, end)
        assert decimals(statement["net_income"]) == net_income


def test_what_hledger_says_is_understood() -> None:
    journal = '2026-01-05\n    (assets:cash)  10.00 "USD"\n    (income:job)  -10.00 "USD"\n'
    earned = {"USD": Decimal(10)}
    sections, total = hledger(journal, "incomestatement")
    assert sections == {"income": ({"income:job": earned}, earned), "expense": ({}, {})}
    assert total == earned


@pytest.mark.parametrize("type_", ["asset", "income"])
def test_a_conversion_is_left_out_of_equity_alone(type_: str) -> None:
    line = {"account": "equity:other", "balances": {"USD": "1.00"}}
    found = {"sections": [{"type": type_, "data": [line], "totals": {"USD": "1.00"}}]}
    assert ours(found) == {type_: ({"equity:other": {"USD": Decimal(1)}}, {"USD": Decimal(1)})}
