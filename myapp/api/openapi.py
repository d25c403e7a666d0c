"""The OpenAPI 3.1 document, derived from the route table and from the shapes that it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from itertools import groupby
from typing import Any

from myapp.api import patterns
from myapp.api.answer import JSON
from myapp.api.answers import Problem
from myapp.api.idempotency import HEADER as IDEMPOTENCY_KEY
from myapp.api.ledgers import VERSION
from myapp.api.parameters import meaning, shown_name
from myapp.api.refusals import codes_of, meanings
from myapp.api.route import Route
from myapp.api.schemas import REFERENCE, Schema, schemas
from myapp.http.errors import STATUS
from myapp.http.problems import MEDIA_TYPE

_PLACEHOLDER = re.compile(r"\{(\w+)(?::[^}]*)?\}")
_MEANINGS = meanings()

_INTRODUCTION = (
    "A double-entry ledger. Amounts are decimal strings, times are RFC 3339, answered in UTC; a leap second, "
    "`23:59:60`, is refused. Every address that knows GET knows HEAD; a method that is not declared is "
    "refused with 405 and `Allow`. Every answer carries `X-Request-Id`; a request may bring its own."
)
_TEXT: Schema = {"type": "string"}
_HEADERS: Mapping[str, tuple[str, Schema]] = {
    "X-Request-Id": ("The request's id, which the log has too.", _TEXT),
    "Idempotency-Replayed": ("`true` where this is the answer of an earlier request.", {"const": "true"}),
    "Location": ("The address of the new thing, where it has one of its own.", _TEXT),
    "Vary": ("What the media type was chosen by.", {"const": "Accept"}),
    "Content-Disposition": ("The name of the file, where the answer is no JSON.", _TEXT),
    "Retry-After": ("Seconds to wait before another attempt.", {"type": "string", "pattern": "^[0-9]+$"}),
    "Allow": ("The methods that this address knows.", _TEXT),
    "WWW-Authenticate": ("The scheme to authenticate with.", {"const": "Bearer"}),
}
# The headers of an answer, besides the request's id, by its status.
_BY_STATUS = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After", 503: "Retry-After"}


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the document of these routes."""
    table = tuple(routes)
    by_shape, components = schemas(table)
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        paths.setdefault(address_of(route), {})[route.method.lower()] = _operation(route, by_shape)
    return {
        "openapi": "3.1.0",
        "info": {"title": "myapp", "version": VERSION, "description": _INTRODUCTION},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "headers": {name: _header(*told) for name, told in _HEADERS.items()},
            "responses": {"MethodNotAllowed": _refusal(405, ["method_not_allowed"])},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An API key."}},
        },
    }


def address_of(route: Route) -> str:
    """Return the path as OpenAPI writes it, its placeholders without their patterns."""
    return _PLACEHOLDER.sub(r"{\1}", route.path)


def statuses_of(route: Route) -> list[int]:
    """Return the statuses of success: a dry run makes nothing, and so is a 200."""
    others = {200} if "dry_run" in route.parameters else set()
    return sorted({route.status, route.status_of_parts or route.status} | others)


def _header(description: str, schema: Schema) -> Schema:
    return {"description": description, "schema": schema}


def _operation(route: Route, by_shape: Mapping[Any, Schema]) -> dict[str, Any]:
    tag = route.view.__module__.rpartition(".")[2]
    operation: dict[str, Any] = {
        "operationId": f"{tag}_{route.view.__name__}",
        "tags": [tag],
        "summary": route.doc,
        "description": _permission(route),
        "parameters": _parameters(route),
        "responses": _responses(route, by_shape),
        "security": [] if route.permission is None else [{"key": [route.permission]}],
    }
    if (body := _body(route, by_shape)) is not None:
        # An empty file is a file, too.
        required = route.reader is None and not route.body_optional
        operation["requestBody"] = {"required": required, "content": body}
    return operation


def _permission(route: Route) -> str:
    return "Needs no key." if route.permission is None else f"Needs the scope `{route.permission}`."


def _parameters(route: Route) -> list[dict[str, Any]]:
    given = [(name, "path") for name in _PLACEHOLDER.findall(route.path)]
    given += [(name, "query") for name in route.parameters]
    return [_parameter(route, name, place) for name, place in given] + _headers_sent(route)


def _parameter(route: Route, name: str, place: str) -> dict[str, Any]:
    told = meaning(route.path, name)
    # A flag is set by its name alone, too.
    flag = {"allowEmptyValue": True} if told.schema["type"] == "boolean" else {}
    return {
        "name": shown_name(name),
        "in": place,
        "required": place == "path" or told.required,
        "description": told.description,
        "schema": told.schema,
        **flag,
    }


def _headers_sent(route: Route) -> list[dict[str, Any]]:
    if route.method != "POST":
        return []
    schema = {"type": "string", **patterns.KEY}
    told = "The same key and the same request again are answered with the first answer."
    return [
        {"name": IDEMPOTENCY_KEY, "in": "header", "required": False, "description": told, "schema": schema}
    ]


def _body(route: Route, by_shape: Mapping[Any, Schema]) -> dict[str, Any] | None:
    if route.body is not None:
        return {media_type: {"schema": by_shape[route.body]} for media_type in route.media_types}
    if route.reader is not None:
        return {media_type: {"schema": {}} for media_type in route.media_types}
    return None


def _responses(route: Route, by_shape: Mapping[Any, Schema]) -> dict[str, Any]:
    content = {media_type: {"schema": _TEXT} for media_type in route.offered}
    if JSON in content:
        content[JSON] = {} if route.answer is None else {"schema": by_shape[route.answer]}
    responses = {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "headers": _headers(*_of_success(route, status)),
            "content": content,
        }
        for status in statuses_of(route)
    }
    for status, codes in groupby(codes_of(route), key=lambda code: STATUS[code]):
        responses[str(status)] = _refusal(status, list(codes))
    return {**responses, "405": {"$ref": "#/components/responses/MethodNotAllowed"}}


def _of_success(route: Route, status: int) -> list[str]:
    replayed = ["Idempotency-Replayed"] if route.method == "POST" else []
    chosen = ["Vary", "Content-Disposition"] if route.also_as else []
    chosen = ["Content-Disposition"] if route.streamed_as else chosen
    return [*replayed, *chosen, *(["Location"] if status == 201 else [])]


def _refusal(status: int, codes: list[str]) -> dict[str, Any]:
    schema = {"allOf": [{"$ref": REFERENCE + Problem.__name__}, {"properties": {"code": {"enum": codes}}}]}
    told = " ".join(f"`{code}`: {_MEANINGS[code]}" for code in codes)
    headers = _headers(*([_BY_STATUS[status]] if status in _BY_STATUS else []))
    return {"description": told, "headers": headers, "content": {MEDIA_TYPE: {"schema": schema}}}


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *names)}
