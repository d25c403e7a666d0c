"""Books with everything that some journal's format has no room for."""

from __future__ import annotations

from datetime import UTC, datetime

from myapp.db import throwaway
from myapp.ledger import assets, rules
from myapp.ledger.batches import Item, post_all
from myapp.ledger.books import open_book
from myapp.ledger.drafts import AssetDraft, PostingDraft, TransactionDraft
from myapp.ledger.opening import open_accounts
from tests.databases import Database
from tests.interchange.imports import LEDGER

ASCII = "".join(map(chr, range(32, 127)))
PATHS = tuple(
    dict.fromkeys(
        (
            "assets:cash in  two   spaces",
            "Assets:Cash-in--two---spaces",
            " leading and trailing ",
            "(virtual)",
            "[balanced]",
            "[half",
            "* starred",
            "! pending",
            "; comment",
            "a ; b",
            "a;b",
            "%41 %zz 100% 5%20",
            "équité/été:銀行:Ω",
            "assets",
            "assets:Cash",
            "Assets:cash",
            "Assets:Cash",
            "assets:cash",
            "Assets:Cash-2",
            "expenses:~ = @ {1} {{2}} \"q\" 'q' | # $",
            "2026-01-01",
            "income:ß:ǆ:-:1",
            *(f"assets:{char}x" for char in ASCII if char != ":"),
            *(f"assets:x{char}" for char in ASCII if char != ":"),
            *(f"{char}x" for char in ASCII if char != ":"),
            "expenses:" + "w" * 246,
        )
    )
)
CODES = tuple(
    dict.fromkeys(
        (
            *(
                "USD",
                "usd",
                "Usd",
                "AUTO",
                "AUT",
                "TRUE",
                "NULL",
                "€",
                "$",
                "A;B",
                ";",
                "A",
                "a",
                "1ST",
                "%41UTO",
            ),
            *(f"X{char}Y" for char in ASCII if char not in " \"'"),
            *(
                "Ü" * 32,
                "Ü" * 31 + "ü",
                "LONGCODELONGCODELONGCODEX",
                "LONGCODELONGCODELONGCODEY",
                "...",
                "中文",
            ),
        )
    )
)
TEXTS = (
    "",
    " ",
    "two\nlines; and | a bar",
    "\r\n\t",
    "  spaces  ",
    "(no code) x",
    "* no status",
    "! no status",
    "= no date",
    '"quoted" \\ \\n',
    "100%25 %zz",
    "a, b: c",
    "\u2028\u0085\x1f\x7f",
    "[2026-01-01]",
    "=1+1",
    "date:2026-01-02, tag:",
    "\n" * 200,
    "日本語 🎉",
)
KEYS = (
    "trip",
    "id",
    "date",
    "type",
    "a b",
    "a:b",
    "a,b",
    "Ü",
    "%",
    "%41",
    "",
    "lineno",
    "other_metadata",
    "x\ny",
)
TIMES = (
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 1, 5, tzinfo=UTC),
    datetime(2026, 1, 5, 9, 12, 44, 120_001, tzinfo=UTC),
    datetime(9999, 12, 31, tzinfo=UTC),
)
NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)


def fill(database: Database) -> None:
    """Make the books: each odd word in its place."""
    with throwaway(database.url) as session:
        drafts = [AssetDraft(code, scale_of(code)) for code in CODES]
        assets.declare_first(session, open_book(session, LEDGER), drafts, now=NOW)
        types = {path: rules.ACCOUNT_TYPES[number % 5] for number, path in enumerate(PATHS)}
        open_accounts(session, open_book(session, LEDGER).id, types, now=NOW, metadata={"odd": "yes"})
        items = [Item(_transaction(number)) for number in range(max(len(PATHS), len(CODES)))]
        post_all(session, LEDGER, items, now=NOW, actor="key:web")


def scale_of(code: str) -> int:
    return len(code) % 5


def _transaction(number: int) -> TransactionDraft:
    code = CODES[number % len(CODES)]
    amount = f"{number + 1}.{'1' * scale_of(code)}".rstrip(".")
    legs = ((PATHS[number % len(PATHS)], amount), (PATHS[(number + 1) % len(PATHS)], f"-{amount}"))
    text = TEXTS[number % len(TEXTS)]
    return TransactionDraft(
        tuple(PostingDraft(path, code, value) for path, value in legs),
        description=text,
        reference=f"{text[:50]}({number})" if number % 3 else None,
        effective_at=TIMES[number % len(TIMES)],
        metadata=dict.fromkeys(KEYS[: number % (len(KEYS) + 1)], text),
    )
