"""JSON schemas of the shapes that routes read and answer, made from their types and from `FIELDS`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from myapp.api.answers import Problem
from myapp.api.bodies import BatchItem
from myapp.api.fields import is_sent, known_of
from myapp.api.route import Route

REFERENCE = "#/components/schemas/"
_LIST = re.compile(r"ListOf_(\w+)_")
# What we answer under such a name is a time in UTC; a body may also give a date.
_TIMES = re.compile(r".*_at|at|from|to")

Schema = dict[str, Any]


def schemas(routes: Iterable[Route]) -> tuple[dict[Any, Schema], dict[str, Schema]]:
    """Return the schema of each type that the routes name, and the components that those refer to."""
    # No row names these: every refusal is the one, and the items of a batch are decoded one by one.
    shapes: list[Any] = [Problem, BatchItem]
    for shape in (shape for route in routes for shape in (route.body, route.answer)):
        if shape is not None and shape not in shapes:
            shapes.append(shape)
    made, components = msgspec.json.schema_components(shapes, ref_template=REFERENCE + "{name}")
    named = {_name(name): _enriched(_name(name), schema) for name, schema in components.items()}
    return (
        {shape: _renamed(schema) for shape, schema in zip(shapes, made, strict=True)},
        {name: _renamed(named[name]) for name in sorted(named)},
    )


def _name(name: str) -> str:
    # A generic type is called ListOf_LedgerView_.
    return _LIST.sub(r"ListOf\1", name)


def _renamed(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: _name(value) if key == "$ref" else _renamed(value)
            for key, value in schema.items()
            # The title repeats the name; a property may be called so, and its value is a schema.
            if key != "title" or isinstance(value, dict)
        }
    return [_renamed(each) for each in schema] if isinstance(schema, list) else schema


def _enriched(name: str, schema: Schema) -> Schema:
    for field, value in schema.get("properties", {}).items():
        if _TIMES.fullmatch(field) and not is_sent(name):
            _of_value(value)["format"] = "date-time"
        known = dict(known_of(name, field))
        if description := known.pop("description", None):
            value["description"] = description
        _of_value(value).update(known)
    return schema


def _of_value(schema: Schema) -> Schema:
    """Return the part of a schema that speaks of a value when it is not null."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    return choices[0] if choices else schema
