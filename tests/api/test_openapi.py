"""The OpenAPI document: valid, complete, and true; `send` holds every other test's answers to it as well."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import openapi_spec_validator
import pytest
from webtest import TestApp

from myapp.api.fields import FIELDS
from myapp.api.openapi import address_of, statuses_of
from myapp.api.parameters import PARAMETERS, UNDOCUMENTED, meaning
from myapp.api.refusals import codes_of, meanings
from myapp.api.route import Route
from myapp.api.routes import ROUTES
from myapp.http.errors import STATUS
from tests.api.client import VALUES, address, name, refused, send, send_ok
from tests.api.conformance import complaints, contract, mistakes, operation, sent_what_is_documented

QUERIES = [(route, parameter) for route in ROUTES for parameter in route.parameters]


def place(value: Any) -> str:
    """Return how a test of a route or of a parameter is called."""
    return value if isinstance(value, str) else name(value)


def told_of(route: Route) -> dict[str, Any]:
    return dict(contract()["paths"][address_of(route)][route.method.lower()])


def test_the_document_is_openapi_3_1_and_valid() -> None:
    assert contract()["openapi"] == "3.1.0"
    openapi_spec_validator.validate(contract())


def test_the_document_is_served_as_it_was_made(library: TestApp) -> None:
    assert send_ok(library, "GET", "/v1/openapi.json") == contract()


def test_the_document_has_the_tables_routes_and_no_others() -> None:
    paths = contract()["paths"]
    assert {(method.upper(), path) for path in paths for method in paths[path]} == {
        (route.method, address_of(route)) for route in ROUTES
    }
    assert "/v1/ledgers/{ledger}/accounts/{path}" in paths
    ids = [told_of(route)["operationId"] for route in ROUTES]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_a_route_says_what_it_is_for_and_what_it_answers(route: Route) -> None:
    told = told_of(route)
    assert told["summary"] == route.doc
    assert route.doc.endswith(".")
    assert route.answer is not None, "the row of the table has no answer type"
    for status in statuses_of(route):
        response = told["responses"][str(status)]
        assert set(response["content"]) == set(route.offered)
        assert all(each["schema"] for each in response["content"].values())
    bodies = told.get("requestBody", {"content": {}})["content"]
    assert set(bodies) == (set(route.media_types) if route.body or route.reader else set())


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_a_route_documents_each_parameter_with_meaning_and_type(route: Route) -> None:
    placeholders = [place.partition(":")[0] for place in VALUES if f"{{{place}}}" in route.path]
    told = {given["name"]: given for given in told_of(route)["parameters"] if given["in"] != "header"}
    assert len(told) == len(placeholders) + len(route.parameters)
    for parameter in (*placeholders, *route.parameters):
        assert meaning(route.path, parameter) is not UNDOCUMENTED, parameter
    for given in told.values():
        assert given["description"].endswith(".")
        assert given["schema"]["type"] in ("string", "integer", "boolean")
        assert given["required"] == (given["in"] == "path") or given["in"] == "query"


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_a_route_lists_its_refusals_under_their_status(route: Route) -> None:
    responses = told_of(route)["responses"]
    listed = {(code, int(status)) for status, response in responses.items() for code in _codes(response)}
    assert listed == {(code, STATUS[code]) for code in codes_of(route)}
    assert set(route.codes) <= STATUS.keys()
    assert responses["405"] == {"$ref": "#/components/responses/MethodNotAllowed"}
    assert "Retry-After" in responses["503"]["headers"]


def _codes(response: dict[str, Any]) -> list[str]:
    content = response.get("content", {}).get("application/problem+json")
    return list(content["schema"]["allOf"][1]["properties"]["code"]["enum"]) if content else []


def test_what_an_undeclared_method_is_answered_stands_in_the_document() -> None:
    response = contract()["components"]["responses"]["MethodNotAllowed"]
    assert _codes(response) == ["method_not_allowed"]
    assert response["headers"].keys() == {"X-Request-Id", "Allow"}


def test_every_code_has_a_meaning() -> None:
    assert meanings().keys() == STATUS.keys()
    assert all(text.endswith((".", ";")) or text for text in meanings().values())


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_a_routes_scope_is_what_it_asks_for(route: Route) -> None:
    wanted = [] if route.permission is None else [{"key": [route.permission]}]
    assert told_of(route)["security"] == wanted
    assert contract()["components"]["securitySchemes"]["key"]["scheme"] == "bearer"


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_every_answer_of_a_route_names_its_request(route: Route) -> None:
    for response in told_of(route)["responses"].values():
        assert "$ref" in response or "X-Request-Id" in response["headers"]
    posts = [given["name"] for given in told_of(route)["parameters"] if given["in"] == "header"]
    assert posts == (["Idempotency-Key"] if route.method == "POST" else [])


CHOICES = [
    (route, parameter)
    for route, parameter in QUERIES
    if route.method == "GET" and "enum" in meaning(route.path, parameter).schema
]


@pytest.mark.parametrize(("route", "parameter"), CHOICES, ids=place)
def test_the_allowed_values_are_allowed_and_no_others(library: TestApp, route: Route, parameter: str) -> None:
    told, url = meaning(route.path, parameter), address(library, route.path)
    others = "".join(
        f"&{each}={quote(required_value(route, each))}"
        for each in route.parameters
        if meaning(route.path, each).required and each != parameter
    )
    for value in told.schema["enum"]:
        assert send(library, "GET", f"{url}?{parameter}={value}{others}").status_int == 200
    refused(send(library, "GET", f"{url}?{parameter}=none-of-them{others}"), "invalid_parameter")


def required_value(route: Route, parameter: str) -> str:
    told = meaning(route.path, parameter)
    return str(told.schema.get("enum", ["assets:cash" if parameter == "account" else "USD"])[0])


BOUNDED = [
    (route, parameter)
    for route, parameter in QUERIES
    if route.method == "GET" and "minimum" in meaning(route.path, parameter).schema
]


@pytest.mark.parametrize(("route", "parameter"), BOUNDED, ids=place)
def test_the_bounds_are_those_of_the_server(library: TestApp, route: Route, parameter: str) -> None:
    schema, url = meaning(route.path, parameter).schema, address(library, route.path)
    others = "".join(
        f"&{each}={quote(required_value(route, each))}"
        for each in route.parameters
        if meaning(route.path, each).required
    )
    for value in (schema["minimum"], schema["maximum"]):
        assert send(library, "GET", f"{url}?{parameter}={value}{others}").status_int == 200
    for value in (schema["minimum"] - 1, schema["maximum"] + 1):
        answer = send(library, "GET", f"{url}?{parameter}={value}{others}")
        refused(answer, "invalid_parameter")


def test_nothing_is_explained_that_is_not_there() -> None:
    shapes = contract()["components"]["schemas"]
    fields = {f"{shape}.{field}" for shape in shapes for field in shapes[shape].get("properties", {})}
    fields |= {field.partition(".")[2] for field in fields}
    assert FIELDS.keys() - fields == set()
    resources = {"transactions", "holds", "accounts", "statement", "import", "export"}
    assert {key.partition(".")[0] for key in PARAMETERS if "." in key[:-1]} <= resources


def test_every_field_is_explained() -> None:
    shapes = contract()["components"]["schemas"]
    silent = [
        f"{shape}.{field}"
        for shape in shapes
        for field, schema in shapes[shape].get("properties", {}).items()
        if "description" not in schema
    ]
    assert silent == []


# What the document must notice; otherwise holding every answer to it would prove nothing.
GOOD = {"code": "USD", "scale": 2, "name": None, "created_at": "2026-01-05T09:00:00Z"}
JSON = "application/json"


def found(status: int = 201, media_type: str = JSON, headers: Any = (), **changed: Any) -> list[str]:
    told = operation("POST", "/v1/ledgers/books/assets")
    assert told is not None
    body = {key: value for key, value in {**GOOD, **changed}.items() if value != "left out"}
    return list(complaints(told, status, dict.fromkeys(headers, "x"), media_type, json.dumps(body).encode()))


def test_a_true_answer_is_no_mistake() -> None:
    assert found(headers=["X-Request-Id", "Location", "Idempotency-Replayed"]) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": 200},
        {"status": 418},
        {"media_type": "text/html"},
        {"headers": ["Retry-After"]},
        {"more": 1},
        {"scale": "2"},
        {"scale": 19},
        {"code": "left out"},
        {"created_at": "yesterday"},
        {"created_at": "2026-01-05"},
    ],
    ids=str,
)
def test_an_untrue_answer_is_noticed(wrong: dict[str, Any]) -> None:
    assert found(**wrong) != []


@pytest.mark.parametrize("code", ["asset_exists", "account_exists"])
def test_a_code_that_the_route_does_not_have_is_noticed(code: str) -> None:
    told = operation("POST", "/v1/ledgers/books/assets")
    assert told is not None
    problem = {"type": "x", "title": "x", "status": 409, "code": code, "detail": "x", "request_id": "x"}
    body = json.dumps(problem).encode()
    wrong = list(complaints(told, 409, {}, "application/problem+json", body))
    assert bool(wrong) == (code != "asset_exists")


def test_an_accepted_body_that_is_not_documented_is_noticed() -> None:
    told = operation("POST", "/v1/ledgers/books/assets")
    assert told is not None
    assert list(sent_what_is_documented(told, b'{"code": "USD", "scale": 2}')) == []
    assert list(sent_what_is_documented(told, b'{"code": "USD", "scale": 19}')) != []


def test_a_component_is_closed_for_these_tests_and_open_for_clients() -> None:
    reference = {"$ref": "#/components/schemas/AssetView"}
    assert mistakes(reference, GOOD) == []
    assert mistakes(reference, {**GOOD, "more": 1}) != []
    assert "additionalProperties" not in contract()["components"]["schemas"]["AssetView"]
