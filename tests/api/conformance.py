"""Every answer that a test gets is held against the OpenAPI document: its status, headers and body.

`tests.api.client.send` asks for it, so each test of the API is a test of the document, too. The document's
schemas are open, as a client should take them; here they are closed, so nothing undocumented is answered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema_rs import Draft202012Validator
from webtest import TestResponse

from myapp.api.openapi import address_of, document
from myapp.api.route import Route
from myapp.api.routes import ROUTES

PROMISED = (
    "Allow",
    "Content-Disposition",
    "Idempotency-Replayed",
    "Location",
    "Retry-After",
    "Vary",
    "WWW-Authenticate",
    "X-Request-Id",
)

WHOLE_ITEM = {"postings": [{"account": "a", "asset": "USD", "amount": amount} for amount in ("1", "-1")]}


def closed(schema: Any) -> Any:
    """Return the schema with no room for members that it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(each) for name, each in schema.items()}
    named = made.get("type") == "object" and "properties" in made
    return {"additionalProperties": False, **made} if named else made


@cache
def contract() -> dict[str, Any]:
    """Return the document as clients read it."""
    return dict(json.loads(json.dumps(document(ROUTES))))


@cache
def components() -> dict[str, Any]:
    return {"schemas": closed(contract()["components"]["schemas"])}


def pattern(route: Route) -> str:
    # As Pyramid does it: a placeholder is a step of the path, unless it brings its own pattern.
    steps = re.split(r"\{(\w+(?::[^}]*)?)\}", route.path)
    odd = (f"({name.partition(':')[2] or '[^/]+'})" for name in steps[1::2])
    return "".join(part for pair in zip(map(re.escape, steps[::2]), (*odd, ""), strict=True) for part in pair)


PATTERNS = [(re.compile(pattern(route), re.DOTALL), route) for route in ROUTES]


def operation(method: str, path: str) -> dict[str, Any] | None:
    """Return what the document says of a method on a path; None where it says nothing."""
    for regular, route in PATTERNS:
        if regular.fullmatch(path):
            item = contract()["paths"][address_of(route)]
            return dict(item[method.lower()]) if method.lower() in item else None
    return None


@cache
def validator(schema: str) -> Draft202012Validator:
    whole = {**json.loads(schema), "components": components()}
    # A draft's `format` is a remark that validators may pass by; here a time that is none is a mistake.
    return Draft202012Validator(whole, validate_formats=True)


def mistakes(schema: Any, value: Any) -> list[str]:
    """Return what is wrong with a value."""
    return [error.message for error in validator(json.dumps(schema)).iter_errors(value)]


def complaints(
    told: dict[str, Any], status: int, headers: Any, media_type: str, body: bytes
) -> Iterator[str]:
    """Yield what an answer has that its operation does not say."""
    response = told["responses"].get(str(status))
    if response is None:
        yield f"the status {status} is not documented"
        return
    if "$ref" in response:
        response = contract()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    undocumented = [name for name in PROMISED if name in headers and name not in response["headers"]]
    yield from (f"the header {name} is not documented" for name in undocumented)
    if media_type not in response["content"]:
        yield f"the type {media_type} is not documented"
    elif media_type in ("application/json", "application/problem+json"):
        yield from mistakes(response["content"][media_type].get("schema", {}), json.loads(body))


def sent_what_is_documented(told: dict[str, Any], body: bytes) -> Iterator[str]:
    """Yield what an accepted body has that the operation does not say."""
    content = told.get("requestBody", {"content": {}})["content"]
    schema = content.get("application/json", {}).get("schema")
    # Where a body may be left out, there is nothing to look at.
    if schema and (body or told["requestBody"]["required"]):
        yield from (f"accepted, though {each}" for each in mistakes(schema, json.loads(body)))


def taken(body: bytes, answer: bytes) -> bytes:
    """Return a body without the items of a batch that were refused in their place."""
    sent = json.loads(body) if body.startswith(b"{") else None
    if not isinstance(sent, dict) or sent.get("mode") != "each":
        return body
    pairs = zip(sent["transactions"], json.loads(answer)["results"], strict=True)
    kept = [item for item, result in pairs if result["status"] < 400]
    # An empty batch is none, so where nothing was taken a whole item stands in.
    return json.dumps({**sent, "transactions": kept or [WHOLE_ITEM]}).encode()


def conforms(answer: TestResponse) -> None:
    """Hold an answer against the document."""
    request = answer.request
    try:
        told = operation(request.method, request.path_info)
    except UnicodeDecodeError:
        return
    if told is None:
        return
    found = list(complaints(told, answer.status_int, answer.headers, answer.content_type, answer.body))
    if answer.status_int < 300:
        found += sent_what_is_documented(told, taken(request.body, answer.body))
    assert not found, (found, request.method, request.path_info, answer.body)
