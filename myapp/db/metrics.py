"""What requests cost in the database, for Prometheus: `config.include("myapp.db.metrics")` adds `/metrics`.

Counted once for each attempt at a request, so retries show. The numbers are those of all processes that were
forked from the one that made the application, the dead ones included.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate, product
from typing import Any

from prometheus_client import CollectorRegistry, exposition
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import Engine

from myapp.db.accounting import Usage, add_observer
from myapp.db.owner import Mode
from myapp.db.shared import SharedNumbers
from myapp.db.shares import Shares

_METRICS = "myapp.db.metrics"
_MODES = ("none", *(mode.value for mode in Mode))
_STATUSES = ("1xx", "2xx", "3xx", "4xx", "5xx", "error")
# From a primary key's lookup to the statement timeout.
_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_BOUNDS = (*(str(float(bound_s)) for bound_s in _BUCKETS_S), "+Inf")
_COUNTERS = {
    "retries": "Attempts that followed a conflict.",
    "statements": "Statements sent.",
    "rows": "Rows returned or changed, where the driver tells.",
}
_ATTEMPTS = "Attempts at requests, by transaction mode (none: no session) and status class of the answer."

# What is counted, in which mode, and for attempts which status, for seconds which bucket.
_Name = tuple[str, ...]


def includeme(config: Configurator) -> None:
    """Count every attempt, and answer at `/metrics`."""
    metrics = Metrics(config.registry["dbsession_factory"].engine)
    config.registry[_METRICS] = metrics
    add_observer(config, metrics.observe)
    config.add_route("metrics", "/metrics")
    config.add_view(_show, route_name="metrics", request_method="GET")


def metrics_of(registry: Any) -> Metrics | None:
    """Return the counters of an application, by its registry; None where it includes none."""
    metrics: Metrics | None = registry.get(_METRICS)
    return metrics


class Metrics(Collector):
    """The counters of one application; `registry` is prometheus_client's, to which others may be added."""

    def __init__(self, engine: Engine) -> None:
        # Its own and not the library's global one, where a second application would be a duplicate.
        self.registry = CollectorRegistry()
        self._pool: Any = engine.pool
        self._in_use = Shares()
        self._numbers = SharedNumbers[_Name](_names())
        self.registry.register(self)

    def observe(self, request: Any, used: Usage, status: int | None) -> None:
        """Count one attempt; `status` is None where an exception left the application."""
        numbers, mode = self._numbers, used.mode
        with numbers.lock:
            numbers["attempts", mode, _status_class(status)] += 1
            if used.attempt > 1:
                numbers["retries", mode] += 1
            if mode != "none":
                numbers["statements", mode] += used.statements
                numbers["rows", mode] += used.rows
                numbers["seconds", mode] += used.seconds
                numbers["bucket", mode, _BOUNDS[bisect_left(_BUCKETS_S, used.seconds)]] += 1

    def tell_connections(self) -> None:
        """Let the other processes know how many connections are in use here; to be called every second."""
        self._in_use.tell(self._pool.checkedout())

    def connections(self) -> tuple[int, int]:
        """Return how many connections are in use, and how many there may be, in all living processes."""
        in_use, processes = self._in_use.total(self._pool.checkedout())
        return int(in_use), processes * int(self._pool.size())

    def collect(self) -> Iterator[Metric]:
        """Return everything as prometheus_client wants it: what never happened is left out."""
        numbers = {name: number for name, number in self._numbers.copy().items() if number}
        yield _counter("attempts", _ATTEMPTS, ("mode", "status"), numbers)
        for name, help_text in _COUNTERS.items():
            yield _counter(name, help_text, ("mode",), numbers)
        yield _histogram(numbers)
        yield GaugeMetricFamily("myapp_db_connections", "Connections in use.", self.connections()[0])


def _names() -> Iterable[_Name]:
    yield from product(("attempts",), _MODES, _STATUSES)
    yield from product((*_COUNTERS, "seconds"), _MODES)
    yield from product(("bucket",), _MODES, _BOUNDS)


def _status_class(status: int | None) -> str:
    return f"{status // 100}xx" if status is not None and 100 <= status < 600 else "error"


def _counter(name: str, help_text: str, labels: tuple[str, ...], numbers: dict[_Name, float]) -> Metric:
    family = CounterMetricFamily(f"myapp_db_{name}", help_text, labels=labels)
    for (counted, *values), number in numbers.items():
        if counted == name:
            family.add_metric(values, number)
    return family


def _histogram(numbers: dict[_Name, float]) -> Metric:
    family = HistogramMetricFamily(
        "myapp_db_seconds", "Seconds in the database, per attempt.", labels=["mode"]
    )
    for mode in _MODES:
        counts = list(accumulate(numbers.get(("bucket", mode, bound), 0) for bound in _BOUNDS))
        if counts[-1]:
            buckets = list(zip(_BOUNDS, counts, strict=True))
            family.add_metric([mode], buckets, numbers.get(("seconds", mode), 0))
    return family


def _show(request: Request) -> Response:
    metrics: Metrics = request.registry[_METRICS]
    body = exposition.generate_latest(metrics.registry)
    return Response(body, headerlist=[("Content-Type", exposition.CONTENT_TYPE_LATEST)])
