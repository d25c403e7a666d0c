"""Percent escapes, for text that a journal's format has no room for: what `unquote` of URLs undoes.

A percent sign is escaped only where it would read as an escape, so a text without odd characters stays as
it is, and no two texts become the same.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

__all__ = ["escaped", "escaping", "unquote"]

_ESCAPE_LIKE = "%(?=[0-9A-Fa-f]{2})"


def escaping(*patterns: str) -> re.Pattern[str]:
    """Return the pattern of what must be escaped, where any of these matches."""
    return re.compile("|".join([_ESCAPE_LIKE, *patterns]))


def escaped(text: str, pattern: re.Pattern[str]) -> str:
    """Return the text with whatever the pattern matches as the escapes of its bytes in UTF-8."""
    return pattern.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), text)
