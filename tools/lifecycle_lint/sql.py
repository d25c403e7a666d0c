"""Does a string literal begin, end or configure a transaction or a connection?"""

from __future__ import annotations

import ast
import re

from tools.lifecycle_lint.place import Place

# SET LOCAL and SET CONSTRAINTS end with the transaction; any other SET stays on the pooled connection.
_CONTROL = re.compile(
    r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|END|ABORT|START\s+TRANSACTION|PREPARE\s+TRANSACTION"
    r"|PRAGMA|RESET|DISCARD|SET(?!\s+(LOCAL|CONSTRAINTS)\b))\b",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
# The body of a trigger or a function has a BEGIN and an END of its own.
_WITH_BODY = re.compile(r"CREATE\b|DO\b", re.IGNORECASE)


def controls_transaction(sql: str) -> bool:
    """Tell whether one of the statements controls the transaction."""
    text = _COMMENT.sub(" ", sql).strip()
    statements = [text] if _WITH_BODY.match(text) else text.split(";")
    return any(_CONTROL.match(statement.strip()) for statement in statements)


def literals(place: Place, expression: ast.expr) -> list[str]:
    """Return the text of a literal, or of each literal that a name is bound to."""
    return [_text(each) for each in (expression, *place.values(expression)) if each is not None]


def _text(expression: ast.expr) -> str:
    """Read what stands at the front of a string; what is filled in reads as a question mark."""
    match expression:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(map(_text, parts))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(left) + _text(right)
        case ast.BinOp(left=left, op=ast.Mod()):
            return _text(left)
        case ast.Call(func=ast.Attribute(value=left, attr="format")):
            return _text(left)
    return "?"
