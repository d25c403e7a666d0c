"""`/metrics` tells what requests cost in the database, each attempt by itself."""

from __future__ import annotations

from pyramid.response import Response
from sqlalchemy import select

from myapp.db import ConcurrencyConflict
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.forking import in_child, in_children
from tests.lifecycle.site import Site, at
from tests.lifecycle.writes import core_insert, writing


def with_metrics(config) -> None:
    config.include("myapp.db.metrics")


def metrics(site: Site) -> dict[str, float]:
    """Return each sample's value, by its name with its labels."""
    answer = site.client().get("/metrics")
    assert answer.content_type == "text/plain"
    samples = (line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in samples}


def reading(request) -> Response:
    request.dbsession.scalars(select(Shelf)).all()
    return Response()


def conflicting_once(request) -> Response:
    core_insert(request.dbsession)
    if request.environ["retry.attempt"] == 0:
        raise ConcurrencyConflict
    return Response()


def failing(request) -> Response:
    raise ZeroDivisionError


def test_a_request_is_counted_by_its_mode_and_the_answers_status(serve: Serve) -> None:
    site = serve(
        with_metrics, at("/read", reading), writing("/write/{write}"), at("/idle", id), at("/bad", failing)
    )
    site.ask("/read", "GET")
    site.ask("/read", "GET")
    site.ask("/write/orm_add")
    site.ask("/nowhere")
    site.ask("/bad")
    seen = metrics(site)
    assert seen['myapp_db_attempts_total{mode="read",status="2xx"}'] == 2
    assert seen['myapp_db_attempts_total{mode="write",status="2xx"}'] == 1
    assert seen['myapp_db_attempts_total{mode="none",status="4xx"}'] == 1
    assert seen['myapp_db_attempts_total{mode="none",status="error"}'] == 1
    assert seen['myapp_db_statements_total{mode="read"}'] == 2
    assert seen['myapp_db_statements_total{mode="write"}'] == 1
    assert seen['myapp_db_rows_total{mode="write"}'] == 1
    assert seen['myapp_db_seconds_count{mode="read"}'] == 2
    assert seen['myapp_db_seconds_sum{mode="write"}'] > 0
    assert seen["myapp_db_connections"] == 0


def test_a_retry_is_counted(serve: Serve) -> None:
    site = serve(with_metrics, at("/", conflicting_once))
    assert site.ask("/") == 200
    seen = metrics(site)
    assert seen['myapp_db_retries_total{mode="write"}'] == 1
    assert seen['myapp_db_attempts_total{mode="write",status="error"}'] == 1
    assert seen['myapp_db_attempts_total{mode="write",status="2xx"}'] == 1


def test_two_applications_of_one_process_count_for_themselves(serve: Serve) -> None:
    one, other = serve(with_metrics, at("/read", reading)), serve(with_metrics)
    one.ask("/read", "GET")
    name = 'myapp_db_attempts_total{mode="read",status="2xx"}'
    assert (metrics(one)[name], metrics(other).get(name)) == (1, None)


def test_processes_count_together_and_what_the_dead_ones_did_stays(serve: Serve) -> None:
    site = serve(with_metrics, at("/read", reading))
    site.ask("/read", "GET")
    assert in_children(3, lambda: [site.ask("/read", "GET") for _ in range(20)]) == [[200] * 20] * 3
    for seen in (metrics(site), in_child(lambda: metrics(site))):
        assert seen['myapp_db_attempts_total{mode="read",status="2xx"}'] == 61
        assert seen['myapp_db_seconds_count{mode="read"}'] == 61
        assert seen['myapp_db_statements_total{mode="read"}'] == 61
