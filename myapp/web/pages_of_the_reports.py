"""The pages of the reports on a ledger, and their files."""

from __future__ import annotations

from myapp.http.questions import AS_OF, PERIOD
from myapp.web import report_files, reports
from myapp.web.page import LEDGER, Page

PAGES: tuple[Page, ...] = (
    Page(
        "balance_sheet",
        LEDGER + "/reports/balance-sheet",
        reports.balance_sheet,
        "balance_sheet.html",
        "See what is owned, what is owed, and what is left.",
        5,
        parameters=(*AS_OF, "asset"),
    ),
    Page(
        "income_statement",
        LEDGER + "/reports/income-statement",
        reports.income_statement,
        "income_statement.html",
        "See what was earned and spent within a period.",
        5,
        parameters=(*PERIOD, "asset"),
    ),
    Page(
        "trial_balance",
        LEDGER + "/reports/trial-balance",
        reports.trial_balance,
        "trial_balance.html",
        "See every account with its balance on its side.",
        5,
        parameters=AS_OF,
    ),
    Page(
        "balance_sheet_file",
        LEDGER + "/reports/balance-sheet.csv",
        report_files.balance_sheet,
        None,
        "Keep the balance sheet as a file.",
        2,
        parameters=AS_OF,
    ),
    Page(
        "income_statement_file",
        LEDGER + "/reports/income-statement.csv",
        report_files.income_statement,
        None,
        "Keep the income statement as a file.",
        2,
        parameters=PERIOD,
    ),
    Page(
        "trial_balance_file",
        LEDGER + "/reports/trial-balance.csv",
        report_files.trial_balance,
        None,
        "Keep the trial balance as a file.",
        2,
        parameters=AS_OF,
    ),
)
