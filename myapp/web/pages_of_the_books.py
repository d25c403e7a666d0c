"""The pages of a ledger's state: the overview, its accounts, its holds, its verification."""

from __future__ import annotations

from myapp.http.paging import PARAMETERS as PAGING
from myapp.http.questions import AS_OF
from myapp.web import accounts, holds, overview, verifying
from myapp.web.page import LEDGER, Page

PAGES: tuple[Page, ...] = (
    Page("overview", LEDGER, overview.show, "overview.html", "See how it stands.", 4, parameters=("asset",)),
    Page(
        "accounts",
        LEDGER + "/accounts",
        accounts.tree,
        "accounts.html",
        "See the accounts with their sub-totals.",
        10,
        parameters=("under", *AS_OF, *PAGING),
    ),
    Page(
        "register",
        LEDGER + "/accounts/{path:.*}",
        accounts.register,
        "register.html",
        "See an account's statement.",
        7,
        parameters=("asset", "from", "to", *PAGING),
    ),
    Page(
        "holds",
        LEDGER + "/holds",
        holds.listed,
        "holds.html",
        "Look through the holds.",
        4,
        parameters=("status", "account", *PAGING),
    ),
    Page("hold", LEDGER + "/holds/{hold}", holds.find, "hold.html", "Look at a hold.", 4),
    Page(
        "hold",
        LEDGER + "/holds/{hold}",
        holds.end,
        "hold.html",
        "Capture or void a hold.",
        20,
        permission="write",
        method="POST",
        again=holds.again,
    ),
    Page("verify", LEDGER + "/verify", verifying.show, "verify.html", "Verify the books.", 48),
    Page("light", LEDGER + "/light", verifying.show, "light.html", "Say whether they are right.", 48),
)
