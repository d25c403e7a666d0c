"""The pages of a ledger's journal: the list, one transaction, a new one, its reversal."""

from __future__ import annotations

from myapp.http.paging import PARAMETERS as PAGING
from myapp.http.questions import TRANSACTIONS
from myapp.web import journal
from myapp.web.page import Page

LEDGER = "/ledgers/{ledger}"

PAGES: tuple[Page, ...] = (
    Page(
        "journal",
        LEDGER + "/journal",
        journal.listed,
        "journal.html",
        "Look through the transactions.",
        3,
        parameters=(*TRANSACTIONS, *PAGING),
    ),
    Page(
        "transaction",
        LEDGER + "/transactions/{id}",
        journal.find,
        "transaction.html",
        "Look at a transaction.",
        3,
    ),
)
