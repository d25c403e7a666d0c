"""`myapp key create|list|revoke`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy.orm import Session

from myapp.cli.configuration import config_option, database
from myapp.http.times import last_instant, shown
from myapp.security import keys

_PAGE = 500


@click.group()
def key() -> None:
    """Make, list and revoke API keys."""


@key.command()
@click.option("--name", required=True, help="Who uses it; written into the journal as key:NAME.")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(keys.SCOPES))
@click.option("--ledger", help="Only this ledger; without it, all.")
@click.option("--expires-at", help="A date or an RFC 3339 time.")
@config_option
def create(name: str, scopes: tuple[str, ...], ledger: str | None, expires_at: str | None, ini: Path) -> None:
    """Make a key and print its secret, which is not kept."""
    now = datetime.now(UTC)
    expiry = None if expires_at is None else _expiry(expires_at, now)
    with database(ini) as session:
        _, secret = keys.create(session, name, scopes, now=now, ledger=ledger, expires_at=expiry)
    click.echo(secret)


def _expiry(text: str, now: datetime) -> datetime:
    try:
        expiry = last_instant(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--expires-at") from error
    if expiry <= now:
        raise click.BadParameter("it is in the past", param_hint="--expires-at")
    return expiry


@key.command("list")
@config_option
def list_keys(ini: Path) -> None:
    """List the keys, never their secrets."""
    now = datetime.now(UTC)
    with database(ini) as session:
        views = list(_all(session))
    for view in views:
        scopes, ledger = ",".join(view.scopes), view.ledger or "all ledgers"
        click.echo(f"{view.id}  {_shown(view.name)}  {scopes}  {ledger}  {_state(view, now)}")


def _state(view: keys.KeyView, now: datetime) -> str:
    if view.revoked_at:
        return "revoked"
    if view.expires_at is None:
        return "active"
    return "expired" if view.expires_at <= now else f"until {shown(view.expires_at)}"


def _shown(name: str) -> str:
    # Whoever named a key may have wanted it to look like two, or to command the terminal.
    return name if name.isprintable() else json.dumps(name)


def _all(session: Session) -> Iterator[keys.KeyView]:
    after = None
    while True:
        page = keys.listed(session, limit=_PAGE, after=after)
        yield from page.items
        if page.next_key is None:
            return
        (after,) = page.next_key


@key.command()
@click.argument("key_id", type=click.UUID)
@config_option
def revoke(key_id: UUID, ini: Path) -> None:
    """Revoke a key by its id."""
    now = datetime.now(UTC)
    with database(ini) as session:
        view = keys.revoke(session, key_id, now=now)
    if view.revoked_at != now:
        raise click.ClickException(f"The key {key_id} was revoked before.")
