"""The pages of a ledger's journal: the list, one transaction, a new one, its reversal."""

from __future__ import annotations

from myapp.http.paging import PARAMETERS as PAGING
from myapp.http.questions import TRANSACTIONS
from myapp.web import journal, posting, reversing
from myapp.web.page import LEDGER, Page

PAGES: tuple[Page, ...] = (
    Page(
        "journal",
        LEDGER + "/journal",
        journal.listed,
        "journal.html",
        "Look through the transactions.",
        3,
        parameters=(*TRANSACTIONS, "amount", "key", "value", *PAGING),
    ),
    Page(
        "transaction",
        LEDGER + "/transactions/{id}",
        journal.find,
        "transaction.html",
        "Look at a transaction.",
        3,
    ),
    Page(
        "new",
        LEDGER + "/new",
        posting.show,
        "new.html",
        "Write a new transaction.",
        5,
        permission="write",
        parameters=("rows",),
    ),
    Page(
        "new",
        LEDGER + "/new",
        posting.create,
        "new.html",
        "Post a new transaction.",
        10,
        permission="write",
        method="POST",
        again=posting.again,
    ),
    Page(
        "completions",
        LEDGER + "/completions",
        posting.completions,
        "completions.html",
        "Complete the path of an account.",
        3,
        parameters=("account",),
    ),
    Page(
        "reverse",
        LEDGER + "/transactions/{id}/reverse",
        reversing.show,
        "reverse.html",
        "Look at what a reversal would post.",
        3,
        permission="write",
    ),
    Page(
        "reverse",
        LEDGER + "/transactions/{id}/reverse",
        reversing.create,
        "reverse.html",
        "Reverse a transaction.",
        10,
        permission="write",
        method="POST",
        again=reversing.again,
    ),
)
