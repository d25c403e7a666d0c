"""Fifty texts that would break a page which takes a text for anything else, and books full of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count, cycle
from typing import Any, Protocol

from myapp.ledger.errors import InvalidRequest
from myapp.ledger.rules import check_asset_code, check_path

PAYLOADS: tuple[str, ...] = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</SCRIPT ><img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<style>*{display:none}</style>",
    "</style><b>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</option></select><script>alert(1)</script>",
    "</td></tr></table><h1>gone</h1>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<form action=//evil.example><button>",
    "<a href=javascript:alert(1)>x</a>",
    "<div hx-get=/sign-out hx-trigger=load>",
    "<!--",
    "-->",
    "<!--<script>",
    "<![CDATA[x]]>",
    "<?php echo 1 ?>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    "` onmouseover=`alert(1)",
    '" autofocus onfocus=alert(1) x="',
    '"><script>alert(1)</script>',
    "'><script>alert(1)</script>",
    "\" 'mixed` \u201cquotes\u201d \u00abof\u00bb \u2018all\u2019 kinds",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "{{7*7}}",
    "{% raw %}{{ request }}",
    "${7*7}",
    "#{7*7}",
    "%(x)s %s {0} {x}",
    "\u202egnp.exe",
    "\u2066\u2067isolated",
    "zero\u200bwidth\u200d\ufeff",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea",
    "Z\u0335\u0321a\u0336\u0322l\u0337\u0323g\u0338o" + "\u0301" * 40,
    "W" * 240,
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "one\r\nSet-Cookie: a=b\r\n\r\n<b>two</b>",
    "tab\tand\x0bothers\x1b[31m\x07",
    '","values":["9"],"x":"',
    "\\u003cscript\\u003e\\",
    "\u2028\u2029];alert(1)//",
    "};body{background:url(//evil.example)}",
)

# Accounts of these paths, of a type that is given, lead back to themselves from every link.
ODD_PATHS: tuple[str, ...] = (
    ".",
    "..",
    "../..",
    "assets:..",
    "a/../b",
    "a/./b",
    "/",
    "//evil.example/x",
    "a//b",
    "%",
    "%2e%2e",
    "%2F",
    "100% sure",
    "a?b=c&d",
    "a#b",
    "a;b=c",
    "a\\b",
    "a b  c",
    "a+b",
    "~!$&'()*,=@",
    "\u0441\u0447\u0451\u0442:\u043a\u0430\u0441\u0441\u0430",
    "\u53e3\u5ea7",
    "\U0001f4b6",
    '"quoted"',
    "<b>bold</b>",
)


class Call(Protocol):
    """Sends a body to an address of the API, and returns what it is answered."""

    def __call__(self, path: str, body: Any, /) -> Any: ...


def allowed(check: Any, text: str) -> bool:
    """Tell whether a rule of the books lets a text pass."""
    with suppress(InvalidRequest):
        check(text)
        return True
    return False


def harmless(text: str) -> str:
    """Return a text as long, with as many segments, of letters and digits alone."""
    letters = cycle(hashlib.sha256(text.encode()).hexdigest())
    return "".join(char if char == ":" else next(letters) for char in text)


def fill(call: Call, ledger: str, written: Callable[[str], str] = str) -> dict[str, str]:
    """Make a ledger with the payloads wherever a text may stand; return the ids of a few of its things.

    `written` makes other texts of them, for books of the same shape.
    """
    books, number = f"/v1/ledgers/{ledger}", count(1)
    codes = [
        f"{written(text[:28])}{next(number)}" for text in PAYLOADS if allowed(check_asset_code, text[:28])
    ]
    assets = [
        {"code": code, "scale": 2, "name": written(text)} for code, text in zip(codes, PAYLOADS, strict=False)
    ]
    call("/v1/ledgers", {"name": ledger, "description": written(PAYLOADS[0]), "assets": assets})
    transactions = [_transaction(text, next(number), codes, written) for text in PAYLOADS]
    made = call(f"{books}/transactions/batch", {"mode": "atomic", "transactions": transactions})
    hold = {**transactions[0], "reference": "held"}
    return {
        "{id}": made["results"][0]["transaction"]["id"],
        "{hold}": call(f"{books}/holds", hold)["id"],
    }


def _transaction(
    text: str, number: int, codes: Sequence[str], written: Callable[[str], str]
) -> dict[str, Any]:
    path = f"assets:{written(text)}" if allowed(check_path, f"assets:{text}") else f"assets:plain {number}"
    asset = codes[number % len(codes)]
    return {
        "postings": [
            {"account": path, "asset": asset, "amount": "1.00"},
            {"account": "equity:opening", "asset": asset, "amount": "-1.00"},
        ],
        "description": written(text),
        "reference": f"{written(text[:200])}{number}",
        "metadata": {written(text[:60]): written(text)},
    }
