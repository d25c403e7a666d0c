"""SQL that ends the transaction or outlives it is refused before it reaches the database.

`text("COMMIT")` would make a change durable that the request then disowns, and `SET x` stays on the pooled
connection for whoever comes next.
"""

from __future__ import annotations

import re

from myapp.db.owner import Owner

# At the start of a statement, or of another one behind a semicolon.
_START = r"(?:\A|;)(?:\s|--[^\n]*\n|/\*.*?\*/)*"
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_ENDING = re.compile(
    _START
    + r"(BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT|PREPARE\s+TRANSACTION|SAVEPOINT|RELEASE)\b",
    re.IGNORECASE | re.DOTALL,
)
# SET LOCAL and SET CONSTRAINTS end with the transaction. A PRAGMA that only asks is free.
_LASTING = re.compile(
    _START
    + r"(SET(?!\s+(?:LOCAL|CONSTRAINTS)\b)|RESET|DISCARD|ATTACH|DETACH"
    + r"|PRAGMA(?!\s+(?:\w+\.|\"\w+\"\.)?(?:table_list|table_x?info|index_list|index_x?info|foreign_key_list"
    + r"|foreign_key_check|integrity_check|quick_check|database_list|compile_options)\b))\b",
    re.IGNORECASE | re.DOTALL,
)
_HARMLESS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


def refuse_control(owner: Owner, statement: str) -> None:
    """Raise if a statement ends the transaction, or sets what would outlast it.

    Raises:
        LifecycleViolation: it does.
    """
    # Most statements are told at a glance, and this is asked before every one of them.
    if statement.startswith(_HARMLESS) and ";" not in statement:
        return
    # A semicolon inside a literal begins no statement.
    bare = _LITERAL.sub("''", statement) if ";" in statement else statement
    if _ENDING.search(bare):
        raise owner.violate(
            "SQL must not begin or end the transaction: the request does. Return a 2xx or 3xx response to "
            "commit, a 4xx or 5xx (or raise) to abort; use dbsession.begin_nested() for a partial undo."
        )
    if _LASTING.search(bare):
        raise owner.violate(
            "A setting would stay on the pooled connection for its next user. Use SET LOCAL, or set_config("
            "name, value, true), which end with the transaction; or set it where the engine is made."
        )
