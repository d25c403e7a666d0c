"""A finding: where, which rule, and what to do instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tools.lifecycle_lint.place import Place, places
from tools.lifecycle_lint.rules import RULES


@dataclass(frozen=True, order=True)
class Finding:
    """One offence; line and column count from 1."""

    line: int
    column: int
    code: str
    message: str


def findings(tree: ast.Module) -> Iterator[Finding]:
    """Yield what the rules find in a module, allowances not yet considered."""
    for place in places(tree):
        yield from _judge(place)


def _judge(place: Place) -> Iterator[Finding]:
    for rule in RULES:
        if rule.matches(place):
            yield Finding(*_position(place.node), rule.code, rule.message)
            return


def _position(node: ast.AST) -> tuple[int, int]:
    """Point at the offending name: in a chain over several lines that is not where the node starts."""
    match node:
        case ast.Call(func=function):
            return _position(function)
        case ast.withitem(context_expr=context):
            return _position(context)
        case ast.Attribute(end_lineno=int(line), end_col_offset=int(end), attr=attr):
            return line, end - len(attr) + 1
        case ast.expr() | ast.stmt() | ast.alias():
            return node.lineno, node.col_offset + 1
    raise TypeError(f"{type(node).__name__} has no position")
