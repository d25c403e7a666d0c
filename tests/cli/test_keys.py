"""`myapp key`: make, list and revoke; the secret is shown once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from webtest import TestApp

from myapp.db import throwaway
from myapp.ledger.ids import new_id
from myapp.security import keys
from tests.apps import close, make_app
from tests.cli.conftest import Shell
from tests.databases import Database

NOW = datetime(2001, 1, 1, tzinfo=UTC)
CREATE = ("myapp", "key", "create", "--name", "web")


def calling_with(app: TestApp, secret: str) -> int:
    return int(
        app.get("/v1/ledgers", headers={"Authorization": f"Bearer {secret}"}, expect_errors=True).status_int
    )


def test_a_key_works_until_it_is_revoked(shell: Shell, database: Database) -> None:
    app = make_app(database, **{"myapp.auth": "keys"})
    secret = shell.succeed(*CREATE, "--scope", "read", "--scope", "write").removesuffix("\n")
    assert secret.split() == [secret]
    assert calling_with(app, secret) == 200

    (line,) = shell.succeed("myapp", "key", "list").splitlines()
    key_id, *rest = line.split("  ")
    assert rest == ["web", "read,write", "all ledgers", "active"]
    assert secret not in line

    assert shell.succeed("myapp", "key", "revoke", key_id) == ""
    assert calling_with(app, secret) == 401
    assert shell.succeed("myapp", "key", "list").endswith("revoked\n")
    assert key_id in shell.fail("myapp", "key", "revoke", key_id)
    close(app)


def test_an_expired_key_is_none(shell: Shell, database: Database) -> None:
    app = make_app(database, **{"myapp.auth": "keys"})
    with throwaway(database.url) as session:
        _, secret = keys.create(session, "web", ["read"], now=NOW, ledger=None, expires_at=NOW)
    assert calling_with(app, secret) == 401
    shell.succeed(*CREATE, "--scope", "read", "--expires-at", "2999-12-31")
    states = {line.split("  ")[-1] for line in shell.succeed("myapp", "key", "list").splitlines()}
    assert states == {"expired", "until 2999-12-31T23:59:59.999999Z"}
    close(app)


@pytest.mark.parametrize(
    "options",
    [
        ("--scope", "read", "--ledger", "none-of-this-name"),
        ("--scope", "read", "--expires-at", "tomorrow"),
        ("--scope", "read", "--expires-at", "2001-01-01"),
        ("--scope", "read", "--expires-at", "2026-02-30"),
        ("--scope", "everything"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused_in_one_line(shell: Shell, options: tuple[str, ...]) -> None:
    assert shell.fail(*CREATE, *options).startswith("myapp: ")
    assert shell.succeed("myapp", "key", "list") == ""


def test_a_key_nobody_has_cannot_be_revoked(shell: Shell) -> None:
    other = str(new_id())
    assert other in shell.fail("myapp", "key", "revoke", other)


def test_a_name_cannot_look_like_another_key(shell: Shell) -> None:
    shell.succeed(
        "myapp", "key", "create", "--scope", "read", "--name", "web\nid  ops  admin  all ledgers  active"
    )
    shell.succeed("myapp", "key", "create", "--scope", "read", "--name", "\x1b[2Jquiet")
    lines = shell.succeed("myapp", "key", "list").splitlines()
    assert len(lines) == 2
    assert not any("\x1b" in line for line in lines)
