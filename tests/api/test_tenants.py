"""Every route with every kind of key, by requests that would succeed: the right answer, and nothing changed.

The requests are those of `tests.faults.examples`, which has one for each route; what changed is seen by
looking at every row of every table.
"""

from __future__ import annotations

import pytest

from myapp.api.route import Route
from myapp.api.routes import ROUTES
from myapp.security import keys
from tests.api.client import name, refused, send
from tests.faults.examples import exchange
from tests.town import KINDS, SCOPE_OF, Town


def expected(route: Route, kind: str) -> set[str]:
    """Return the codes that this answer may have; none stands for success."""
    if route.permission is None:
        return set()
    if kind not in SCOPE_OF:
        return {"unauthenticated"}
    inside, foreign = "{ledger}" in route.path, kind.startswith("foreign")
    if inside and foreign:
        return {"ledger_not_found"}
    if keys.SCOPES.index(SCOPE_OF[kind]) < keys.SCOPES.index(route.permission):
        return {"forbidden"}
    if inside or kind == "root" or route.permission == "read":
        return set()
    if not route.own_share:
        return {"forbidden"}
    # Its own share: of what is foreign there is nothing to read and nothing to be found.
    return {"not_found", "ledger_not_found"} if foreign and route.method != "GET" else set()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_every_route_answers_every_kind_of_key_as_it_must(town: Town, route: Route, kind: str) -> None:
    answer, codes = town.ask(route, kind), expected(route, kind)
    if codes:
        assert refused(answer, answer.json["code"])["code"] in codes
    else:
        assert answer.status_int in (200, 201), answer.body
    if codes or route.method == "GET":
        assert town.camera.take() == town.camera.first
    else:
        assert town.camera.take() != town.camera.first
        town.camera.restore()
    if kind.startswith("foreign") and not codes and route.permission is not None:
        assert "books" not in answer.text


def test_a_foreign_thing_and_none_at_all_are_refused_in_the_same_words(town: Town) -> None:
    headers = {"Authorization": f"Bearer {town.secrets['foreign']}"}
    for route in ROUTES:
        if "{ledger}" in route.path:
            made = exchange(route, town.ids, with_key=False)
            urls = (made.url, made.url.replace("/books", "/never"))
            body = None if made.is_safe else made.body
            there, never = (
                send(town.app, route.method, url, body, content_type=made.content_type, headers=headers).json
                for url in urls
            )
            assert there["detail"] == never["detail"].replace("never", "books"), name(route)
