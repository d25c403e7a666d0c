"""What a name was bound to, in the function, class or module that binds it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(frozen=True)
class Binding:
    """One binding of a name; `value` is None where it cannot be read off, as for a parameter."""

    value: ast.expr | None = None
    annotation: ast.expr | None = None


class Scope:
    """The bindings of one function, class or module, and the scope around it."""

    def __init__(self, node: ast.AST, parent: Scope | None = None) -> None:
        self._parent = parent
        self._bindings: dict[str, list[Binding]] = {}
        own = list(_own_nodes(node))
        direct = {id(target): binding for each in own for target, binding in _direct_bindings(each)}
        for each in own:
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                self._bindings.setdefault(each.id, []).append(direct.get(id(each), Binding()))
            elif isinstance(each, ast.arg):
                self._bindings.setdefault(each.arg, []).append(Binding(annotation=each.annotation))

    def lookup(self, name: str) -> list[Binding]:
        """Return every binding of the name in the nearest scope that has one."""
        if name in self._bindings or self._parent is None:
            return self._bindings.get(name, [])
        return self._parent.lookup(name)


def walk(node: ast.AST, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    """Yield every node under `node` with the scope it stands in."""
    for child in ast.iter_child_nodes(node):
        inner = Scope(child, scope) if isinstance(child, _SCOPES) else scope
        yield child, inner
        yield from walk(child, inner)


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _SCOPES):
            yield child
            yield from _own_nodes(child)


def _direct_bindings(node: ast.AST) -> Iterator[tuple[ast.expr, Binding]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ((target, Binding(value)) for target in targets)
        case ast.AnnAssign(target=target, annotation=annotation, value=optional):
            yield target, Binding(optional, annotation)
        case ast.NamedExpr(target=target, value=value):
            yield target, Binding(value)
        case ast.withitem(optional_vars=ast.Name() as target, context_expr=value):
            yield target, Binding(value)
