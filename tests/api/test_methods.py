"""Every path knows its methods: those are answered, all others get 405 with `Allow`."""

from __future__ import annotations

import pytest
from webtest import TestApp

from myapp.api.routes import ROUTES
from tests.api.client import QUERIES, REQUEST_ID, address, refused, send

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
OPERATIONS = {path: {"GET", "HEAD"} for path in ("/healthz", "/readyz", "/metrics")}


def declared() -> dict[str, set[str]]:
    by_path: dict[str, set[str]] = {path: set(methods) for path, methods in OPERATIONS.items()}
    for route in ROUTES:
        by_path.setdefault(route.path, set()).update({route.method})
        if route.method == "GET":
            by_path[route.path].add("HEAD")
    return by_path


DECLARED = declared()
UNDECLARED = [(path, method) for path in DECLARED for method in METHODS if method not in DECLARED[path]]
READ = [path for path, methods in DECLARED.items() if "GET" in methods]


@pytest.mark.parametrize(("path", "method"), UNDECLARED)
def test_an_undeclared_method_is_refused_with_the_declared_ones(
    library: TestApp, path: str, method: str
) -> None:
    answer = send(library, method, address(library, path))
    if method != "HEAD":
        refused(answer, "method_not_allowed")
    assert (answer.status_int, answer.content_type) == (405, "application/problem+json")
    assert set(answer.headers["Allow"].split(", ")) == DECLARED[path]


@pytest.mark.parametrize("path", READ)
def test_head_answers_like_get_without_a_body(library: TestApp, path: str) -> None:
    url = address(library, path) + QUERIES.get(path, "")
    head, full = send(library, "HEAD", url), send(library, "GET", url)
    assert (head.status_int, head.body) == (full.status_int, b"") == (200, b"")
    expected = "text/plain" if path == "/metrics" or path.endswith("/export") else "application/json"
    assert head.content_type == full.content_type == expected
    assert head.headers[REQUEST_ID]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("url", ["/v1/", "/v2", "/v1/ledgers/books/", "/v1/ledgers/books/nothing"])
def test_an_unknown_address_is_not_found_by_any_method(library: TestApp, url: str, method: str) -> None:
    answer = send(library, method, url)
    if method == "HEAD":
        assert (answer.status_int, answer.content_type) == (404, "application/problem+json")
    else:
        refused(answer, "not_found")
