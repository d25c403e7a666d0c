"""`/healthz`: the process answers. `/readyz`: it can do its work now.

`config.include("myapp.db.health")` adds both; `config.add_readiness_check(name, check)` adds a question
that the application asks of its database, such as whether its schema is the newest.
"""

from __future__ import annotations

from collections.abc import Callable

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from myapp.db.dialects import dialect_of, read_only

ReadinessCheck = Callable[[Connection], bool]

_CHECKS = "myapp.db.readiness_checks"


def includeme(config: Configurator) -> None:
    """Add the two routes and the directive `add_readiness_check`."""
    config.registry[_CHECKS] = {}
    config.add_directive("add_readiness_check", _add_readiness_check)
    config.add_route("healthz", "/healthz")
    config.add_route("readyz", "/readyz")
    config.add_view(_healthz, route_name="healthz", request_method="GET")
    config.add_view(_readyz, route_name="readyz", request_method="GET")


def _add_readiness_check(config: Configurator, name: str, check: ReadinessCheck) -> None:
    config.registry[_CHECKS][name] = check


def _healthz(request: Request) -> Response:
    return Response(json_body={"status": "ok"})


def _readyz(request: Request) -> Response:
    checks = _run_checks(request)
    ready = all(checks.values())
    body = {"status": "ok" if ready else "unavailable", "checks": checks}
    return Response(json_body=body, status=200 if ready else 503, headerlist=_headers(ready=ready))


def _headers(*, ready: bool) -> list[tuple[str, str]]:
    headers = [("Content-Type", "application/json")]
    return headers if ready else [*headers, ("Retry-After", "1")]


def _run_checks(request: Request) -> dict[str, bool]:
    questions: dict[str, ReadinessCheck] = {"database": _is_usable, **request.registry[_CHECKS]}
    factory = request.registry["dbsession_factory"]
    try:
        # Its own connection, not the request's session: asking must not depend on what it asks about.
        with factory.engine.connect() as connection:
            reading = read_only(connection)
            return {name: bool(check(reading)) for name, check in questions.items()}
    except SQLAlchemyError:
        return dict.fromkeys(questions, False)


def _is_usable(connection: Connection) -> bool:
    is_there = connection.execute(text("SELECT 1")).scalar_one() == 1
    return is_there and dialect_of(connection.dialect.name).takes_writes(connection)
