"""Is this expression a session or connection, a savepoint, a transaction manager, an engine?"""

from __future__ import annotations

import ast
import re

from tools.lifecycle_lint.place import Place

_DATABASE = re.compile(r"(.*_)?(dbsession|session|connection|conn|db|get_transaction|unit_of_work|throwaway)")
_DATABASE_TYPES = {"Session", "AsyncSession", "OwnedSession", "Connection", "AsyncConnection"}
_MANAGER = re.compile(r"(.*_)?(tm|transaction_manager)|manager|TransactionManager|ThreadTransactionManager")
_ENGINE = re.compile(r"(.*_)?(engine|bind)")


def is_database(place: Place, expression: ast.AST) -> bool:
    """Tell whether this is a session or a connection, by its name, annotation or binding."""
    if _is_cookie_session(place, expression):
        return False
    return _is_named(place, expression, _DATABASE) or _is_annotated(place, expression)


def is_savepoint(place: Place, expression: ast.AST) -> bool:
    """Tell whether this is what `begin_nested()` returned, and can be nothing else."""
    values = place.values(expression) or [expression if isinstance(expression, ast.expr) else None]
    return all(value is not None and place.dotted(value).endswith(".begin_nested()") for value in values)


def is_manager(place: Place, expression: ast.AST) -> bool:
    """Tell whether this is a transaction manager, or the module `transaction`, which acts as one."""
    return _is_module(place, expression, "transaction") or _is_named(place, expression, _MANAGER)


def is_managed_transaction(place: Place, expression: ast.AST) -> bool:
    """Tell whether this is the transaction that `tm.get()` handed out."""
    for each in (expression, *place.values(expression)):
        match each:
            case ast.Call(func=ast.Attribute(value=owner, attr="get"), args=[], keywords=[]):
                if is_manager(place, owner):
                    return True
    return False


def is_engine(place: Place, expression: ast.AST) -> bool:
    """Tell whether this is an engine, by its name or binding."""
    return _is_named(place, expression, _ENGINE)


def _is_named(place: Place, expression: ast.AST, pattern: re.Pattern[str]) -> bool:
    bound = [value for value in place.values(expression) if value is not None]
    return any(pattern.fullmatch(place.last_name(each)) for each in (expression, *bound))


def _is_annotated(place: Place, expression: ast.AST) -> bool:
    if not isinstance(expression, ast.Name):
        return False
    annotations = [binding.annotation for binding in place.scope.lookup(expression.id)]
    nodes = (node for each in annotations if each is not None for node in ast.walk(each))
    return any(place.last_name(node) in _DATABASE_TYPES for node in nodes)


def _is_cookie_session(place: Place, expression: ast.AST) -> bool:
    # Pyramid keeps its cookie session on `request.session`; the database session is `request.dbsession`.
    return re.fullmatch(r"(.*\.)?request\.session", place.dotted(expression)) is not None


def _is_module(place: Place, expression: ast.AST, module: str) -> bool:
    # A ledger's `transaction` is an ordinary variable; only the imported name is the module.
    imported = module in place.imports.values() and not place.values(expression)
    return imported and place.dotted(expression) == module
