"""What requests cost in the database, for Prometheus: `config.include("myapp.db.metrics")` adds `/metrics`.

Counted once for each attempt at a request, so retries show. The numbers are those of one process; a scraper
adds them up.
"""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, exposition
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import Engine

from myapp.db.accounting import Usage, add_observer

_METRICS = "myapp.db.metrics"
# From a primary key's lookup to the statement timeout.
_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


def includeme(config: Configurator) -> None:
    """Count every attempt, and answer at `/metrics`."""
    metrics = Metrics(config.registry["dbsession_factory"].engine)
    config.registry[_METRICS] = metrics
    add_observer(config, metrics.observe)
    config.add_route("metrics", "/metrics")
    config.add_view(_show, route_name="metrics", request_method="GET")


class Metrics:
    """The counters of one application; `registry` is prometheus_client's, to which others may be added."""

    def __init__(self, engine: Engine) -> None:
        # Its own and not the library's global one, where a second application would be a duplicate.
        self.registry = CollectorRegistry()
        by_mode: dict[str, Any] = {"labelnames": ["mode"], "registry": self.registry}
        self._attempts = Counter(
            "myapp_db_attempts",
            "Attempts at requests, by transaction mode (none: no session) and status class of the answer.",
            labelnames=["mode", "status"],
            registry=self.registry,
        )
        self._retries = Counter("myapp_db_retries", "Attempts that followed a conflict.", **by_mode)
        self._statements = Counter("myapp_db_statements", "Statements sent.", **by_mode)
        self._rows = Counter("myapp_db_rows", "Rows returned or changed, where the driver tells.", **by_mode)
        self._seconds = Histogram(
            "myapp_db_seconds", "Seconds in the database, per attempt.", buckets=_BUCKETS_S, **by_mode
        )
        connections = Gauge("myapp_db_connections", "Connections in use.", registry=self.registry)
        connections.set_function(engine.pool.checkedout)  # type: ignore[attr-defined]

    def observe(self, request: Any, used: Usage, status: int | None) -> None:
        """Count one attempt; `status` is None where an exception left the application."""
        self._attempts.labels(used.mode, "error" if status is None else f"{status // 100}xx").inc()
        if used.attempt > 1:
            self._retries.labels(used.mode).inc()
        if used.mode != "none":
            self._statements.labels(used.mode).inc(used.statements)
            self._rows.labels(used.mode).inc(used.rows)
            self._seconds.labels(used.mode).observe(used.seconds)


def _show(request: Request) -> Response:
    body = exposition.generate_latest(request.registry[_METRICS].registry)
    return Response(body, headerlist=[("Content-Type", exposition.CONTENT_TYPE_LATEST)])
