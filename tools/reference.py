"""Writes docs/reference.md from the OpenAPI document: `python -m tools.reference`.

The document is made of the route table, so the page can only be stale, never wrong; a test tells when it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from myapp.api.openapi import document
from myapp.api.refusals import meanings
from myapp.api.routes import ROUTES
from myapp.http.errors import STATUS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference.md"

_OPENING = """\
# REST reference

Made by `python -m tools.reference` from the table of routes; the same for programs is at
`/v1/openapi.json`, and to be tried at `/docs`.

{introduction}

Requests that write may bring an `Idempotency-Key`: the same key and the same request again are answered
with the first answer and `Idempotency-Replayed: true`. A new API key's secret is the one thing that is
not told twice: there it is null. Lists are read page by page: `next` is the `cursor` of the following
page. Outside the API, `/healthz` and `/readyz` tell whether the service lives and can work, and
`/metrics` what it has done.
"""


def page() -> str:
    """Return the page."""
    told = document(ROUTES)
    return "\n".join([_OPENING.format(introduction=told["info"]["description"]), *_sections(told)]) + "\n"


def _sections(told: dict[str, Any]) -> Iterator[str]:
    operations = [
        (method, path, operation)
        for path, item in told["paths"].items()
        for method, operation in item.items()
    ]
    for tag, group in groupby(sorted(operations, key=_tag), key=_tag):
        yield f"## {tag.capitalize()}\n"
        for method, path, operation in group:
            yield from _operation(method, path, operation)
    yield from _refusals()
    yield "## Shapes\n"
    for name, schema in told["components"]["schemas"].items():
        yield from _shape(name, schema)


def _tag(operation: tuple[str, str, dict[str, Any]]) -> str:
    return str(operation[2]["tags"][0])


def _operation(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"### `{method.upper()} {path}`\n"
    yield f"{operation['summary']} {operation['description']}\n"
    given = [each for each in operation["parameters"] if each["in"] != "header"]
    if given:
        yield "| parameter | in | meaning | values |\n|---|---|---|---|"
        yield from map(_parameter, given)
        yield ""
    if body := operation.get("requestBody"):
        yield f"Reads {_contents(body['content'])}.\n"
    yield from _answers(operation["responses"])


def _parameter(given: dict[str, Any]) -> str:
    name = f"`{given['name']}`" + (", required" if given["required"] else "")
    return f"| {name} | {given['in']} | {given['description']} | {_values(given['schema'])} |"


def _answers(responses: dict[str, Any]) -> Iterator[str]:
    for status, response in responses.items():
        if status.startswith("2"):
            yield f"Answers {status} with {_contents(response['content'])}.\n"
    codes = [f"`{code}`" for response in responses.values() for code in _codes(response)]
    yield f"May refuse with {', '.join(codes)}.\n"


def _codes(response: dict[str, Any]) -> list[str]:
    content = response.get("content", {}).get("application/problem+json")
    return list(content["schema"]["allOf"][1]["properties"]["code"]["enum"]) if content else []


def _contents(content: dict[str, Any]) -> str:
    shapes = {_type(each.get("schema", {})) for each in content.values()}
    types = " or ".join(f"`{media_type}`" for media_type in content)
    return f"{' or '.join(sorted(shapes))} as {types}"


def _refusals() -> Iterator[str]:
    yield "## Refusals\n"
    yield "A refusal is a [Problem](#problem) as `application/problem+json`, and changes nothing.\n"
    yield "| status | code | meaning |\n|---|---|---|"
    yield from (f"| {STATUS[code]} | `{code}` | {meaning} |" for code, meaning in meanings().items())
    yield ""


def _shape(name: str, schema: dict[str, Any]) -> Iterator[str]:
    yield f"### {name}\n"
    yield f"{schema.get('description', '')}\n"
    yield "| field | type | meaning |\n|---|---|---|"
    for field, value in schema.get("properties", {}).items():
        optional = "" if field in schema.get("required", ()) else ", optional"
        yield f"| `{field}`{optional} | {_type(value)} | {value.get('description', '')} |"
    yield ""


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if "additionalProperties" in schema:
        return f"{_type(schema['additionalProperties'])} by name"
    return _values(schema)


def _values(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if "minimum" in schema:
        default = f", {schema['default']} if not given" if "default" in schema else ""
        return f"{schema['minimum']} to {schema['maximum']}{default}"
    if "examples" in schema:
        return "such as " + ", ".join(f"`{each}`" for each in schema["examples"])
    return {"date-time": "time", "uuid": "UUID"}.get(schema.get("format", ""), schema.get("type", "anything"))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
