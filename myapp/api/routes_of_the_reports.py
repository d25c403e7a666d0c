"""The rows of the route table for reports."""

from __future__ import annotations

from myapp.api import reports
from myapp.api.answers import IncomeStatement
from myapp.api.route import Route
from myapp.api.rows import LEDGER
from myapp.http.questions import AS_OF, PERIOD
from myapp.http.table import CSV
from myapp.ledger.reports.balance_sheet import BalanceSheet
from myapp.ledger.reports.trial_balance import TrialBalance

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        LEDGER + "/reports/trial-balance",
        reports.trial_balance,
        "read",
        "Show every account with its balance, debit ones in one column and credit ones in another.",
        budget=2,
        parameters=AS_OF,
        answer=TrialBalance,
        also_as=(CSV,),
    ),
    Route(
        "GET",
        LEDGER + "/reports/balance-sheet",
        reports.balance_sheet,
        "read",
        "Show assets, liabilities and equity, which the net income to date completes.",
        budget=2,
        parameters=AS_OF,
        answer=BalanceSheet,
        also_as=(CSV,),
    ),
    Route(
        "GET",
        LEDGER + "/reports/income-statement",
        reports.income_statement,
        "read",
        "Show what was earned and spent within a period.",
        budget=2,
        parameters=PERIOD,
        answer=IncomeStatement,
        also_as=(CSV,),
    ),
)
