"""Who may do what: every route against every kind of key; a refusal changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from webtest import TestApp, TestResponse

from myapp.api.route import Route
from myapp.api.routes import ROUTES
from myapp.db import unit_of_work
from myapp.security import keys
from tests.api.client import LEDGER, address, name, refused, send, transfer
from tests.apps import close, make_app
from tests.databases import Database

INVALID = ["no header", "empty", "no scheme", "basic", "unknown", "of another", "cut", "not ASCII"]
INVALID += ["revoked", "expired"]
GUARDED = [route for route in ROUTES if route.permission is not None]
# The library's other ledger: to this key, `books` is a foreign one.
FOREIGN = "strict"


@pytest.fixture(scope="session")
def guarded(library: TestApp, library_database: Database) -> Iterator[TestApp]:
    made = make_app(library_database, **{"myapp.auth": "keys"})
    yield made
    close(made)


@pytest.fixture(scope="session")
def secrets(guarded: TestApp) -> dict[str, str]:
    """Return the value of `Authorization` by kind of key."""
    now = datetime.now(UTC)
    factory = guarded.app.registry["dbsession_factory"]
    with unit_of_work(factory) as session:

        def make(scope: str, **more: Any) -> tuple[keys.KeyView, str]:
            return keys.create(session, "tester", [scope], now=now, **more)

        revoked, revoked_secret = make("admin")
        keys.revoke(session, revoked.id, now=now)
        made = {scope: make(scope)[1] for scope in keys.SCOPES}
        made |= {f"{scope} of books": make(scope, ledger="books")[1] for scope in keys.SCOPES}
        made |= {f"foreign {scope}": make(scope, ledger=FOREIGN)[1] for scope in keys.SCOPES}
        made |= {
            "revoked": revoked_secret,
            "expired": make("admin", expires_at=now - timedelta(microseconds=1))[1],
        }
        made |= {"until later": make("admin", expires_at=now + timedelta(days=1))[1]}
    given = {kind: f"Bearer {secret}" for kind, secret in made.items()}
    return given | {
        "empty": "Bearer ",
        "no scheme": made["admin"],
        "basic": f"Basic {made['admin']}",
        "unknown": "Bearer myapp_" + "0" * 32 + "_" + "x" * 43,
        "of another": given["admin"][:40] + given["read"][40:],
        "cut": given["admin"][:-1],
        "not ASCII": given["admin"] + "\xe9",
    }


def call(app: TestApp, route: Route, secrets: dict[str, str], kind: str, url: str) -> TestResponse:
    headers = {"Authorization": secrets[kind]} if kind in secrets else {}
    # A body that would be refused by the view: whoever gets that far has been let in.
    body = None if route.method == "GET" else {"no such field": 1}
    return send(app, route.method, url, body, headers=headers)


def is_let_in(answer: TestResponse) -> bool:
    return answer.status_int == 200 or answer.json["code"] in ("invalid_request", "invalid_parameter")


def keeps_to_its_share(route: Route) -> bool:
    """Tell whether a key of one ledger may call the route outside of it, the view minding whose things."""
    return "{ledger}" not in route.path and route.own_share


@pytest.mark.parametrize("kind", INVALID)
@pytest.mark.parametrize("route", GUARDED, ids=name)
def test_nobody_gets_in_without_a_valid_key(
    library: TestApp, guarded: TestApp, secrets: dict[str, str], route: Route, kind: str
) -> None:
    answer = call(guarded, route, secrets, kind, address(library, route.path))
    refused(answer, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("scope", keys.SCOPES)
@pytest.mark.parametrize("of", ["", " of books"])
@pytest.mark.parametrize("route", GUARDED, ids=name)
def test_a_scope_includes_those_before_it_and_no_other(
    library: TestApp, guarded: TestApp, secrets: dict[str, str], route: Route, scope: str, of: str
) -> None:
    answer = call(guarded, route, secrets, scope + of, address(library, route.path))
    allowed = keys.SCOPES.index(scope) >= keys.SCOPES.index(route.permission)
    # A key of one ledger may look around outside it, not make another one.
    outside = bool(of) and "{ledger}" not in route.path and route.permission != "read"
    if allowed and outside and keeps_to_its_share(route):
        assert is_let_in(answer) or answer.json["code"] == "not_found", answer.body
    elif allowed and not outside:
        assert is_let_in(answer), answer.body
    else:
        refused(answer, "forbidden")


@pytest.mark.parametrize("scope", keys.SCOPES)
@pytest.mark.parametrize("route", GUARDED, ids=name)
def test_a_foreign_ledger_does_not_exist(
    library: TestApp, guarded: TestApp, secrets: dict[str, str], route: Route, scope: str
) -> None:
    url = address(library, route.path)
    answer = call(guarded, route, secrets, f"foreign {scope}", url)
    if "{ledger}" in route.path:
        nowhere = call(guarded, route, secrets, f"foreign {scope}", url.replace("books", "never"))
        there, not_there = (refused(each, "ledger_not_found") for each in (answer, nowhere))
        # Word for word the same, or names could be probed.
        assert there["detail"] == not_there["detail"].replace("never", "books")
    elif route.permission == "read" or (keeps_to_its_share(route) and scope == route.permission):
        assert is_let_in(answer) or answer.json["code"] == "not_found", answer.body
        assert "books" not in answer.text
    else:
        refused(answer, "forbidden")


def test_a_key_of_one_ledger_lists_that_ledger_alone(guarded: TestApp, secrets: dict[str, str]) -> None:
    def names(kind: str) -> list[str]:
        headers = {"Authorization": secrets[kind]}
        return [each["name"] for each in send(guarded, "GET", "/v1/ledgers", headers=headers).json["data"]]

    assert names("admin") == names("until later") == ["books", "strict"]
    assert names("read of books") == ["books"]
    assert names("foreign admin") == ["strict"]


@pytest.mark.parametrize("url", ["/healthz", "/readyz", "/metrics", "/v1/openapi.json"])
def test_whoever_watches_or_studies_the_service_needs_no_key(guarded: TestApp, url: str) -> None:
    assert send(guarded, "GET", url).status_int == 200


def test_the_journal_says_whose_key_it_was(guarded: TestApp, secrets: dict[str, str]) -> None:
    headers = {"Authorization": secrets["write of books"].replace("Bearer", "bearer")}
    answer = send(guarded, "POST", f"{LEDGER}/transactions?dry_run=1", transfer(), headers=headers)
    assert (answer.status_int, answer.json["actor"]) == (200, "key:tester")


def test_no_key_is_needed_to_hear_that_an_address_or_a_method_is_not_known(guarded: TestApp) -> None:
    refused(send(guarded, "GET", "/nowhere"), "not_found")
    refused(send(guarded, "DELETE", "/v1/ledgers"), "method_not_allowed")
