"""docs/reference.md: made of the route table, and not stale."""

from __future__ import annotations

import re

from myapp.api.openapi import address_of
from myapp.api.parameters import shown_name
from myapp.api.routes import ROUTES
from myapp.http.errors import STATUS
from tools.reference import PAGE, page


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text() == page(), "run `python -m tools.reference`"


def test_every_route_has_its_part_with_all_its_parameters() -> None:
    parts = dict(re.findall(r"^### `([A-Z]+ \S+)`\n(.*?)(?=^##)", page(), re.MULTILINE | re.DOTALL))
    assert parts.keys() == {f"{route.method} {address_of(route)}" for route in ROUTES}
    for route in ROUTES:
        part = parts[f"{route.method} {address_of(route)}"]
        assert route.doc in part
        assert all(f"| `{shown_name(name)}`" in part for name in route.parameters)
        assert all(f"`{code}`" in part for code in route.codes)


def test_every_code_stands_in_the_table_of_refusals() -> None:
    assert all(f"| {status} | `{code}` | " in page() for code, status in STATUS.items())


def test_every_link_leads_somewhere() -> None:
    places = {heading.lower() for heading in re.findall(r"^### (\w+)$", page(), re.MULTILINE)}
    assert set(re.findall(r"\]\(#(\w+)\)", page())) <= places
