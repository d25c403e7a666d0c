"""One node of a module as a rule sees it: with its scope, the module's imports, and the call around it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tools.lifecycle_lint.scopes import Scope, walk


@dataclass(frozen=True)
class Place:
    """A node to judge."""

    node: ast.AST
    scope: Scope
    # Local name -> dotted origin, as in `sa` -> `sqlalchemy`.
    imports: Mapping[str, str]
    # The identity of a called expression -> its call: a node does not know its parent.
    calls: Mapping[int, ast.Call]

    def dotted(self, expression: ast.AST) -> str:
        """Spell the expression, imports resolved, as in `request.tm.get()`; what has no name is empty."""
        match expression:
            case ast.Name(id=name):
                return name if self.scope.lookup(name) else self.imports.get(name, name)
            case ast.Attribute(value=value, attr=attr):
                return f"{self.dotted(value)}.{attr}"
            case ast.Call(func=function):
                return f"{self.dotted(function)}()"
            case ast.Await(value=value) | ast.NamedExpr(value=value):
                return self.dotted(value)
        return ""

    def last_name(self, expression: ast.AST) -> str:
        """Return the last part of the dotted name, without the parentheses of a call."""
        return self.dotted(expression).removesuffix("()").rpartition(".")[2]

    def values(self, expression: ast.AST) -> list[ast.expr | None]:
        """Return what a name was bound to in its scope; nothing for any other expression."""
        if not isinstance(expression, ast.Name):
            return []
        return [binding.value for binding in self.scope.lookup(expression.id)]

    def call(self) -> ast.Call | None:
        """Return the call of this node, when it is called."""
        return self.calls.get(id(self.node))


def places(tree: ast.Module) -> Iterator[Place]:
    """Yield every node of a module."""
    nodes = list(ast.walk(tree))
    imports = {local: origin for node in nodes for local, origin in _imported(node)}
    calls = {id(node.func): node for node in nodes if isinstance(node, ast.Call)}
    for node, scope in walk(tree, Scope(tree)):
        yield Place(node, scope, imports, calls)


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    match node:
        case ast.Import(names=names):
            yield from map(_module, names)
        case ast.ImportFrom(module=str(module), names=names):
            yield from ((each.asname or each.name, f"{module}.{each.name}") for each in names)


def _module(name: ast.alias) -> tuple[str, str]:
    # `import a.b` binds `a`; only with `as` is the whole path bound.
    root = name.name.partition(".")[0]
    return (name.asname, name.name) if name.asname else (root, root)
