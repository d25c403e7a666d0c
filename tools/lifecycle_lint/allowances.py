"""`# lifecycle: <reason>` at the end of a line allows what the rules find there."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tools.lifecycle_lint.findings import Finding

WITHOUT_REASON = "L011"
UNUSED = "L012"
_COMMENT = re.compile(r"#\s*lifecycle:(?P<reason>.*)$")
_WORDS_MIN = 3


@dataclass(frozen=True)
class Allowance:
    """One comment; `reason` is what follows the colon."""

    line: int
    column: int
    reason: str

    def is_reasoned(self) -> bool:
        """Tell whether the reason is a sentence: a capital, a full stop, and words between them."""
        words = self.reason.split()
        return len(words) >= _WORDS_MIN and self.reason[0].isupper() and self.reason.endswith(".")


def read_allowances(tokens: Iterable[tokenize.TokenInfo]) -> dict[int, Allowance]:
    """Return the allowances of a module by their lines; a string that looks like one is none."""
    found = {}
    for token in tokens:
        if token.type == tokenize.COMMENT and (match := _COMMENT.search(token.string)):
            line, column = token.start
            found[line] = Allowance(line, column + match.start() + 1, match["reason"].strip())
    return found


def apply(found: Iterable[Finding], allowed: Mapping[int, Allowance]) -> Iterator[Finding]:
    """Yield the findings that no allowance covers, and the allowances that are wrong themselves."""
    used = set()
    for finding in found:
        if finding.line in allowed:
            used.add(finding.line)
        else:
            yield finding
    for allowance in allowed.values():
        yield from _judge(allowance, is_used=allowance.line in used)


def _judge(allowance: Allowance, *, is_used: bool) -> Iterator[Finding]:
    # One finding an allowance: without a reason it still covers its line, and is itself what is reported.
    if not allowance.is_reasoned():
        message = "An allowance gives its reason as a whole sentence: `# lifecycle: Why this line must stay.`"
        yield Finding(allowance.line, allowance.column, WITHOUT_REASON, message)
    elif not is_used:
        message = "This allowance allows nothing: delete it, or put it at the end of the line that offends."
        yield Finding(allowance.line, allowance.column, UNUSED, message)
