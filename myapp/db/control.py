"""SQL that ends the transaction, or changes how it began, is refused before it reaches the database.

`text("COMMIT")` would make a change durable that the request then disowns, and `SET x` stays on the pooled
connection for whoever comes next. What outlasts a transaction in other ways makes it unfit for another user.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

from myapp.db.owner import Owner


class Verdict(Enum):
    """What a statement is to its transaction; the value is what application code is told."""

    FREE = ""
    # It may be sent, but its connection is not used again.
    TAINTS = "taints"
    ENDS = (
        "SQL must not begin or end the transaction: the request does. Return a 2xx or 3xx response to "
        "commit, a 4xx or 5xx (or raise) to abort; use dbsession.begin_nested() for a partial undo."
    )
    LASTS = (
        "A setting would stay on the pooled connection for its next user. Use SET LOCAL, or set_config("
        "name, value, true), which end with the transaction; or set it where the engine is made."
    )
    NESTS = "A comment within a comment ends where the database says: take the inner one out."
    REOPENS = (
        "How a transaction began is not for SQL to change: the mode comes from the view option db_mode, and "
        "the isolation from where the engine is made."
    )
    MISREADS = (
        "How the database reads a text is not for SQL to change: what stands in quotes for us would be a "
        "statement there."
    )


# What begins no statement whatever stands in it: comments, names, texts. PostgreSQL's dollar quotes included.
_OPAQUE = re.compile(
    r"""--[^\n\r]*|/\*.*?\*/|"(?:[^"]|"")*"|\b[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'"""
    r"""|(?<![\w$])\$(\w*)\$.*?\$\1\$""",
    re.DOTALL,
)
# At the start of a statement, or of another one behind a semicolon.
_START = r"(?:\A|;)\s*"
_ENDING = re.compile(
    _START
    + r"(BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT|PREPARE\s+TRANSACTION|SAVEPOINT|RELEASE)\b",
    re.IGNORECASE,
)
# SET LOCAL and SET CONSTRAINTS end with the transaction. A PRAGMA that only asks is free.
_LASTING = re.compile(
    _START
    + r"(SET(?!\s+(?:LOCAL|CONSTRAINTS)\b)|RESET|DISCARD|ATTACH|DETACH"
    + r"|PRAGMA(?!\s+(?:\w+\.|\x00\.)?(?:table_list|table_x?info|index_list|index_x?info|foreign_key_list"
    + r"|foreign_key_check|integrity_check|quick_check|database_list|compile_options)\b))\b",
    re.IGNORECASE,
)
_REOPENING = re.compile(
    _START + r"SET\s+(?:LOCAL\s+)?TRANSACTION(?:_(?:read_only|isolation|deferrable))?\b", re.IGNORECASE
)
_MISREADING = re.compile(_START + r"SET\s+(?:LOCAL\s+)?standard_conforming_strings\b", re.IGNORECASE)
# Either may also stand in a text that these take: the name of a setting, or a block of statements.
_TAKES_A_TEXT = re.compile(rf"\bset_config\b|{_START}DO\b", re.IGNORECASE)
_REOPENING_IN_A_TEXT = re.compile(
    r"\b(?:SET|set_config)\b[^;]*(?:\btransaction_(?:read_only|isolation|deferrable)\b"
    r"|\bTRANSACTION\s+(?:READ|ISOLATION|NOT|DEFERRABLE)\b)",
    re.IGNORECASE,
)
_MISREADING_IN_A_TEXT = re.compile(
    r"\b(?:SET|set_config)\b[^;]*\bstandard_conforming_strings\b", re.IGNORECASE
)
_TAINTING = re.compile(
    _START
    + r"(?:LISTEN|PREPARE|DECLARE|DO|CALL|LOAD)"
    + r"|\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:LOCAL\s+|GLOBAL\s+)?TEMP"
    + r"|\bset_config\s*\((?![^()]*,\s*true\s*\))|\bpg_(?:try_)?advisory_lock|\bpg_settings\b"
    + r"|\bINTO\s+(?:LOCAL\s+|GLOBAL\s+)?TEMP|\btemp\s*\.|\bsetseed\b",
    re.IGNORECASE,
)
# The schema of what is temporary can be named in a text, too, as a place to look in and to make things in. On
# SQLite it can stand in quotes of four kinds; and on PostgreSQL anything in a name with escapes.
_TEMPORARY = re.compile(r"""\bpg_temp|\btemp["'`\]]?\s*\.|\bU&["']""", re.IGNORECASE)
# SQLite's trigger has statements in its body, and its driver takes no other one behind it. PostgreSQL does.
_TRIGGER = re.compile(
    r"\A\s*CREATE\s+(?P<temp>TEMP\w*\s+)?TRIGGER\b[^;]*"
    r"\bBEGIN\s+(?:SELECT|INSERT|REPLACE|UPDATE|DELETE|WITH)\b",
    re.IGNORECASE,
)
# PostgreSQL's comments nest and SQLite's do not, so what stands behind an inner one cannot be told.
_NESTED = re.compile(r"/\*(?:(?!\*/).)*/\*", re.DOTALL)
_NAME = re.compile(r'"(\w+)"')
_BYTE_ORDER_MARK = "\ufeff"


# The same few statements are sent again and again, and their text is long.
@lru_cache(maxsize=2048)
def verdict(statement: str) -> Verdict:
    """Return what a statement, or several in one text, are to the transaction they are sent in."""
    # SQLite takes it for a space, as an editor leaves it at the beginning of a file.
    statement = statement.replace(_BYTE_ORDER_MARK, " ")
    bare = _OPAQUE.sub(_blank, statement)
    if trigger := _TRIGGER.match(bare):
        return Verdict.TAINTS if trigger["temp"] or _TEMPORARY.search(statement) else Verdict.FREE
    if "\x01" in bare:
        return Verdict.NESTS
    if _ENDING.search(bare):
        return Verdict.ENDS
    if _LASTING.search(bare):
        return Verdict.LASTS
    if found := _changes_the_rules(statement, bare):
        return found
    is_tainting = _TAINTING.search(bare) or _TEMPORARY.search(statement)
    return Verdict.TAINTS if is_tainting else Verdict.FREE


def _changes_the_rules(statement: str, bare: str) -> Verdict | None:
    takes_a_text = _TAKES_A_TEXT.search(bare) is not None
    if _REOPENING.search(bare) or (takes_a_text and _REOPENING_IN_A_TEXT.search(statement)):
        return Verdict.REOPENS
    if _MISREADING.search(bare) or (takes_a_text and _MISREADING_IN_A_TEXT.search(statement)):
        return Verdict.MISREADS
    return None


def _blank(found: re.Match[str]) -> str:
    if _NESTED.match(found[0]):
        return "\x01"
    if found[0].startswith('"'):
        # A name stays a word, so that what stands before and behind it does not run together.
        return name[1] if (name := _NAME.fullmatch(found[0])) else "\x00"
    return " " if found[0].startswith(("--", "/*")) else "''"


def refuse_control(owner: Owner, statement: str) -> bool:
    """Raise if a statement is not application code's to send; else tell whether it taints its connection.

    Raises:
        LifecycleViolation: it ends the transaction, outlasts it, or changes how it began or how it is read.
    """
    found = verdict(statement)
    if found is Verdict.FREE:
        return False
    if found is Verdict.TAINTS:
        return True
    raise owner.violate(found.value)
