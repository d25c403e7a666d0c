"""Content negotiation and size: 406, 413, 415."""

from __future__ import annotations

import pytest
from webtest import TestApp

from myapp.api.route import Route
from myapp.api.routes import ROUTES
from myapp.interchange.exporting import FORMATS, MEDIA_TYPES
from myapp.settings import Settings
from tests.api.client import LEDGER, address, name, refused, send, transfer

BODIED = [route for route in ROUTES if route.body is not None]
BODY_BYTES_MAX = 1024 * 1024
BATCH_BYTES_MAX = 8 * BODY_BYTES_MAX


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_a_client_that_wants_no_json_is_refused(library: TestApp, route: Route) -> None:
    answer = send(
        library, route.method, address(library, route.path), {}, headers={"Accept": "text/html, image/*"}
    )
    refused(answer, "not_acceptable")


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/*;q=0.1",
        "text/html, */*;q=0.5",
        "application/problem+json",
    ],
)
def test_a_client_that_takes_json_is_answered(library: TestApp, accept: str) -> None:
    answer = send(library, "GET", LEDGER, headers={"Accept": accept})
    assert (answer.status_int, answer.headers["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded"],
)
@pytest.mark.parametrize("route", BODIED, ids=name)
def test_a_body_of_another_type_is_refused(library: TestApp, route: Route, media_type: str) -> None:
    answer = send(library, route.method, address(library, route.path), b"{}", content_type=media_type)
    refused(answer, "unsupported_media_type")


@pytest.mark.parametrize("accept", ["application/json;q=0", "application/json;version=1", "text/*"])
def test_what_only_looks_like_json_is_not_answered(library: TestApp, accept: str) -> None:
    refused(send(library, "GET", LEDGER, headers={"Accept": accept}), "not_acceptable")


@pytest.mark.parametrize("name_", FORMATS)
def test_an_export_has_the_type_of_its_format_alone(library: TestApp, name_: str) -> None:
    own = FORMATS[name_].media_type
    for media_type in MEDIA_TYPES:
        answer = send(library, "GET", f"{LEDGER}/export?format={name_}", headers={"Accept": media_type})
        if media_type == own:
            assert (answer.status_int, answer.content_type) == (200, own)
        else:
            refused(answer, "not_acceptable")


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br", "identity, gzip", "unheard-of"])
def test_a_compressed_body_is_not_read(library: TestApp, coding: str) -> None:
    headers = {"Content-Encoding": coding}
    answer = send(library, "POST", f"{LEDGER}/transactions", transfer(), headers=headers)
    refused(answer, "unsupported_media_type")


@pytest.mark.parametrize("coding", ["", "identity", "Identity"])
def test_a_body_that_is_said_to_be_as_it_is_is_read(library: TestApp, coding: str) -> None:
    url, headers = f"{LEDGER}/transactions?dry_run=true", {"Content-Encoding": coding}
    assert send(library, "POST", url, transfer(), headers=headers).status_int == 200


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;"]
)
def test_a_spelling_of_json_is_json(library: TestApp, media_type: str) -> None:
    url = f"{LEDGER}/transactions?dry_run=true"
    assert send(library, "POST", url, transfer(), content_type=media_type).status_int == 200


@pytest.mark.parametrize("route", BODIED, ids=name)
def test_a_body_over_its_limit_is_refused(library: TestApp, route: Route) -> None:
    bytes_max = getattr(Settings(), route.bytes_max)
    assert bytes_max == (BATCH_BYTES_MAX if route.path.endswith("/batch") else BODY_BYTES_MAX)
    body = b'{"x": "' + b"a" * bytes_max + b'"}'
    refused(send(library, route.method, address(library, route.path), body), "body_too_large")


def test_a_body_of_exactly_a_mebibyte_is_read(library: TestApp) -> None:
    body = b'{"name": "x", "y": "'
    body += b"a" * (BODY_BYTES_MAX - len(body) - 2) + b'"}'
    assert len(body) == BODY_BYTES_MAX
    answer = send(library, "POST", "/v1/ledgers", body)
    refused(answer, "invalid_request", "/y")


def test_a_chunked_body_over_a_mebibyte_is_refused_too(library: TestApp) -> None:
    request = library.RequestClass.blank("/v1/ledgers", method="POST", content_type="application/json")
    request.body = b" " * (BODY_BYTES_MAX + 1)
    # As a server hands on a body whose length the client has not told.
    del request.environ["CONTENT_LENGTH"]
    request.environ["wsgi.input_terminated"] = True
    refused(library.do_request(request, expect_errors=True), "body_too_large")
