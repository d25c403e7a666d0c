"""The headers of every page: what a browser may load, and from where, which is here alone."""

from __future__ import annotations

from collections.abc import Mapping

# Nothing inline, nothing evaluated, no frames, no other host; the style sheet has its pictures inside.
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    # Books are private, and a page shows them as they are now.
    "Cache-Control": "private, no-cache",
}
