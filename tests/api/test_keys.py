"""API keys over REST: made with a secret that is shown once, listed without it, revoked for good."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from webtest import TestApp, TestResponse

from myapp.security.keys import digest_of
from tests.api.client import LEDGER, all_pages, refused, send, send_ok
from tests.api.conftest import ASSETS
from tests.apps import close, make_app
from tests.databases import Database
from tests.faults.picture import Camera

KEYS = "/v1/keys"
MEMBERS = {"id", "name", "scopes", "ledger", "created_at", "expires_at", "revoked_at"}
SECRET = re.compile(r"myapp_[0-9a-f]{32}_[A-Za-z0-9_-]{43}")


def make(app: TestApp, name: str = "web", *scopes: str, **more: Any) -> dict[str, Any]:
    """Make a key as an administrator."""
    body = {"name": name, "scopes": list(scopes or ("read",)), **more}
    return dict(send_ok(app, "POST", KEYS, body, 201))


@pytest.fixture
def two(books: TestApp, database: Database) -> Iterator[TestApp]:
    """Return an application that asks for keys, on the ledgers `books` and `home`."""
    send_ok(books, "POST", "/v1/ledgers", {"name": "home", "assets": ASSETS}, 201)
    made = make_app(database, **{"myapp.auth": "keys"})
    yield made
    close(made)


def ask(app: TestApp, key: dict[str, Any], method: str, url: str, body: Any = None) -> TestResponse:
    return send(app, method, url, body, headers={"Authorization": f"Bearer {key['secret']}"})


def random_part(key: dict[str, Any]) -> str:
    return str(key["secret"])[-43:]


def ids(answer: TestResponse) -> set[str]:
    assert answer.status_int == 200, answer.body
    return {key["id"] for key in answer.json["data"]}


def test_a_new_key_is_shown_with_its_secret(books: TestApp) -> None:
    key = make(books, "web", "write", "read", "write", ledger="books", expires_at="2030-01-31")
    assert key.keys() == MEMBERS | {"secret"}
    assert SECRET.fullmatch(key["secret"])
    assert key["id"].replace("-", "") in key["secret"]
    shown = {name: key[name] for name in ("name", "scopes", "ledger", "expires_at", "revoked_at")}
    assert shown == {
        "name": "web",
        "scopes": ["read", "write"],
        "ledger": "books",
        # A date alone means all of that day.
        "expires_at": "2030-01-31T23:59:59.999999Z",
        "revoked_at": None,
    }


def test_no_secret_is_ever_shown_again(books: TestApp) -> None:
    key = make(books)
    (listed,) = send_ok(books, "GET", KEYS)["data"]
    assert listed == {name: value for name, value in key.items() if name != "secret"}
    revoked = send_ok(books, "DELETE", f"{KEYS}/{key['id']}")
    assert revoked.keys() == MEMBERS


def test_two_keys_have_nothing_random_in_common(books: TestApp) -> None:
    secrets = [random_part(make(books)) for _ in range(20)]
    assert len({secret[at : at + 8] for secret in secrets for at in (0, 16, 32)}) == 60


@pytest.mark.parametrize("idempotency_key", [None, "once"])
def test_the_database_knows_only_the_digest_of_a_secret(
    books: TestApp, database: Database, idempotency_key: str | None
) -> None:
    headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
    answer = send(books, "POST", KEYS, {"name": "web", "scopes": ["read"]}, headers=headers)
    secret = answer.json["secret"]
    camera = Camera(database)
    everything = str(camera.take())
    camera.close()
    assert secret not in everything
    assert random_part(answer.json) not in everything
    assert hashlib.sha256(secret.encode()).hexdigest() == digest_of(secret)
    assert digest_of(secret) in everything


def test_a_repeated_request_makes_one_key_and_tells_its_secret_once(books: TestApp) -> None:
    def deliver() -> TestResponse:
        body = {"name": "web", "scopes": ["read"]}
        return send(books, "POST", KEYS, body, headers={"Idempotency-Key": "once"})

    first, again = deliver(), deliver()
    assert (first.status_int, again.status_int) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == {**first.json, "secret": None}
    assert len(send_ok(books, "GET", KEYS)["data"]) == 1
    other = {"name": "other", "scopes": ["read"]}
    answer = send(books, "POST", KEYS, other, headers={"Idempotency-Key": "once"})
    refused(answer, "idempotency_key_reused")


BAD = {
    "no name": ({"name": "", "scopes": ["read"]}, "/name"),
    "a long name": ({"name": "x" * 256, "scopes": ["read"]}, "/name"),
    "a NUL": ({"name": "a\0b", "scopes": ["read"]}, "/name"),
    "no scope": ({"name": "a", "scopes": []}, "/scopes"),
    "an unknown scope": ({"name": "a", "scopes": ["read", "root"]}, "/scopes"),
    "a scope that is no text": ({"name": "a", "scopes": [1]}, "/scopes/0"),
    "scopes that are no list": ({"name": "a", "scopes": "read"}, "/scopes"),
    "no time": ({"name": "a", "scopes": ["read"], "expires_at": "2026-02-30"}, "/expires_at"),
    "an unknown field": ({"name": "a", "scopes": ["read"], "secret": "myapp_x"}, "/secret"),
    "a missing field": ({"name": "a"}, "/scopes"),
}


@pytest.mark.parametrize(("body", "pointer"), BAD.values(), ids=BAD)
def test_a_key_that_makes_no_sense_is_refused(library: TestApp, body: Any, pointer: str) -> None:
    before = send_ok(library, "GET", KEYS)
    refused(send(library, "POST", KEYS, body), "invalid_request", pointer)
    assert send_ok(library, "GET", KEYS) == before


@pytest.mark.parametrize("ledger", ["none", "", "a\0b", "x" * 300])
def test_a_key_for_a_ledger_that_is_not_there_is_refused(library: TestApp, ledger: str) -> None:
    body = {"name": "a", "scopes": ["read"], "ledger": ledger}
    refused(send(library, "POST", KEYS, body), "ledger_not_found")


@pytest.mark.parametrize("key_id", ["01980000-0000-7000-8000-000000000009", "none", "1" * 400, "%00", ""])
def test_a_key_nobody_has_cannot_be_revoked(library: TestApp, key_id: str) -> None:
    refused(send(library, "DELETE", f"{KEYS}/{key_id}"), "not_found")


def test_keys_are_listed_page_by_page_the_oldest_first(books: TestApp) -> None:
    made = [make(books, f"key {number}")["id"] for number in range(5)]
    for limit in (1, 2, 5):
        assert [key["id"] for key in all_pages(books, KEYS, limit)] == made
    refused(send(books, "GET", f"{KEYS}?cursor=x"), "invalid_cursor")
    foreign = send_ok(books, "GET", f"{KEYS}?limit=1")["next"]
    refused(send(books, "GET", f"/v1/ledgers?cursor={foreign}"), "invalid_cursor")


def test_a_revoked_key_opens_nothing_and_stays_listed(two: TestApp, books: TestApp) -> None:
    admin, key = make(books, "root", "admin"), make(books)
    assert ask(two, key, "GET", LEDGER).status_int == 200
    revoked = ask(two, admin, "DELETE", f"{KEYS}/{key['id']}").json
    assert revoked["revoked_at"] >= revoked["created_at"]
    refused(ask(two, key, "GET", LEDGER), "unauthenticated")
    # Once more is no harm, and the first time stays.
    assert ask(two, admin, "DELETE", f"{KEYS}/{key['id']}").json == revoked
    assert revoked in ask(two, admin, "GET", KEYS).json["data"]


def test_a_key_may_revoke_itself(two: TestApp, books: TestApp) -> None:
    admin = make(books, "root", "admin")
    assert ask(two, admin, "DELETE", f"{KEYS}/{admin['id']}").status_int == 200
    refused(ask(two, admin, "GET", KEYS), "unauthenticated")


def test_a_new_key_works_until_it_expires(two: TestApp, books: TestApp) -> None:
    assert ask(two, make(books, expires_at="2001-01-01"), "GET", LEDGER).status_int == 401
    assert ask(two, make(books, expires_at="9999-12-31"), "GET", LEDGER).status_int == 200


def test_an_administrator_of_one_ledger_manages_its_keys_alone(two: TestApp, books: TestApp) -> None:
    root, foreign = make(books, "root", "admin"), make(books, "home's", "admin", ledger="home")
    own = make(books, "books'", "admin", ledger="books")
    given = {"name": "made", "scopes": ["admin"], "ledger": "books"}
    made = ask(two, own, "POST", KEYS, given).json
    assert ids(ask(two, own, "GET", KEYS)) == {own["id"], made["id"]}
    assert ids(ask(two, made, "GET", KEYS)) == {own["id"], made["id"]}
    for out_of_sight in (root, foreign):
        refused(ask(two, own, "DELETE", f"{KEYS}/{out_of_sight['id']}"), "not_found")
        assert ask(two, out_of_sight, "GET", KEYS).status_int == 200
    assert ask(two, own, "DELETE", f"{KEYS}/{made['id']}").json["id"] == made["id"]
    assert ids(ask(two, root, "GET", KEYS)) == {key["id"] for key in (root, foreign, own, made)}


def test_an_administrator_of_one_ledger_makes_no_key_for_more(two: TestApp, books: TestApp) -> None:
    own = make(books, "books'", "admin", ledger="books")
    before = send_ok(books, "GET", KEYS)
    there, not_there = (
        refused(
            ask(two, own, "POST", KEYS, {"name": "a", "scopes": ["read"], "ledger": name}), "ledger_not_found"
        )
        for name in ("home", "never")
    )
    assert there["detail"] == not_there["detail"].replace("never", "home")
    refused(ask(two, own, "POST", KEYS, {"name": "a", "scopes": ["read"]}), "forbidden")
    assert send_ok(books, "GET", KEYS) == before


def test_two_ledgers_administrators_never_meet_in_an_idempotency_key(two: TestApp, books: TestApp) -> None:
    made = []
    for name in ("books", "home"):
        own = make(books, name, "admin", ledger=name)
        headers = {"Authorization": f"Bearer {own['secret']}", "Idempotency-Key": "same"}
        body = {"name": "a", "scopes": ["read"], "ledger": name}
        made.append(send(two, "POST", KEYS, body, headers=headers))
    assert [answer.status_int for answer in made] == [201, 201]
    assert len({answer.json["id"] for answer in made}) == 2


@pytest.mark.parametrize("scope", ["read", "write"])
def test_only_administrators_manage_keys(two: TestApp, books: TestApp, scope: str) -> None:
    key = make(books, "web", scope)
    for method, url in (("POST", KEYS), ("GET", KEYS), ("DELETE", f"{KEYS}/{key['id']}")):
        body = {"name": "a", "scopes": ["read"]} if method == "POST" else None
        refused(ask(two, key, method, url, body), "forbidden")


def test_the_digest_decides_and_not_the_id_alone(two: TestApp, books: TestApp, database: Database) -> None:
    key, other = make(books), make(books)
    engine = create_engine(database.url)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM api_key WHERE digest = :it"), {"it": digest_of(other["secret"])})
    engine.dispose()
    mixed = key["secret"].removesuffix(random_part(key)) + random_part(other)
    refused(ask(two, {"secret": mixed}, "GET", LEDGER), "unauthenticated")
