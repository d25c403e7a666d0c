"""May this request write? Decided by the method, unless the view says otherwise with `db_mode`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.request import Request
from pyramid.viewderivers import INGRESS

from myapp.db.owner import Mode

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_DECLARED = "myapp.db.mode"


def mode_for(request: Request) -> Mode:
    """Return what the request's view declared, else READ for the methods HTTP calls safe."""
    declared = request.environ.get(_DECLARED)
    if isinstance(declared, Mode):
        return declared
    return Mode.READ if request.method in _SAFE_METHODS else Mode.WRITE


def includeme(config: Configurator) -> None:
    """Teach `add_view` and `view_config` the option `db_mode="read"` or `"write"`."""
    # Just under INGRESS: before permissions are asked, so that a security policy that reads the
    # database already gets the right kind of transaction.
    config.add_view_deriver(_declare_mode, "db_mode", under=INGRESS, over="secured_view")


def _declare_mode(view: Callable[..., Any], info: Any) -> Callable[..., Any]:
    if info.options.get("db_mode") is None:
        return view
    mode = _parse(info.options["db_mode"])

    def declaring(context: Any, request: Request) -> Any:
        _declare(request, mode)
        return view(context, request)

    return declaring


_declare_mode.options = ("db_mode",)  # type: ignore[attr-defined]


def _parse(value: object) -> Mode:
    try:
        return Mode(value)
    except ValueError:
        raise ConfigurationError(f'db_mode is "read" or "write", not {value!r}.') from None


def _declare(request: Request, mode: Mode) -> None:
    # An exception view runs in the transaction of the view that failed.
    if getattr(request, "exception", None) is not None:
        return
    session = request.__dict__.get("dbsession")
    if session is not None and session.owner.mode is not mode:
        raise session.owner.violate(
            f'The view declares db_mode="{mode.value}", but the session was used before the view was found '
            f"(by a root factory or a predicate) and is already open for {session.owner.mode.value}."
        )
    request.environ[_DECLARED] = mode
