"""The security policy: an identity with scopes for one ledger or all; a foreign ledger does not exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pyramid.config import Configurator
from pyramid.security import Allowed, Denied

# What a scope includes: an administrator may write, a writer may read.
_INCLUDES = {"read": {"read"}, "write": {"read", "write"}, "admin": {"read", "write", "admin"}}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks: `actor` is written into the journal; `ledger` None means every ledger, `key_id` None no key.

    Keys may have one name, and with it one actor; their ids differ.
    """

    actor: str
    scopes: frozenset[str]
    ledger: str | None = None
    key_id: UUID | None = None

    def may(self, permission: str) -> bool:
        """Tell whether the scopes include a permission."""
        return any(permission in _INCLUDES[scope] for scope in self.scopes)

    def sees(self, ledger: str | None) -> bool:
        """Tell whether a ledger exists for this identity; outside every ledger, only for one of all."""
        return self.ledger is None or self.ledger == ledger


LOCAL = Identity("local", frozenset({"admin"}))


class OpenPolicy:
    """Everyone is an administrator: for loopback addresses only."""

    def identity(self, request: Any) -> Identity:
        """Return the same identity for everyone."""
        return LOCAL

    def authenticated_userid(self, request: Any) -> str:
        """Return the actor's name."""
        return LOCAL.actor

    def permits(self, request: Any, context: Any, permission: str) -> Allowed:
        """Allow."""
        return Allowed("everyone is an administrator here")

    def remember(self, request: Any, userid: str, **options: Any) -> list[tuple[str, str]]:
        """Return no headers: nothing is remembered."""
        return []

    def forget(self, request: Any, **options: Any) -> list[tuple[str, str]]:
        """Return no headers: nothing is remembered."""
        return []


class KeyPolicy(OpenPolicy):
    """Nobody gets in without a key."""

    def identity(self, request: Any) -> Identity | None:  # type: ignore[override]
        """Return whom the bearer key names, None without a valid one."""
        identity: Identity | None = request.bearer
        return identity

    def authenticated_userid(self, request: Any) -> str | None:  # type: ignore[override]
        """Return the actor's name."""
        identity = self.identity(request)
        return None if identity is None else identity.actor

    def permits(self, request: Any, context: Any, permission: str) -> Allowed | Denied:
        """Allow when the key's scopes include the permission; whose ledger it is, the books ask."""
        identity = self.identity(request)
        if identity is None or not identity.may(permission):
            return Denied("no key, or not its scope")
        return Allowed("the key's scope")


def includeme(config: Configurator) -> None:
    """Set the policy that the deployment asks for."""
    from myapp.security.bearer import bearer

    config.add_request_method(bearer, "bearer", reify=True)
    open_to_all = config.registry["settings"].auth == "none"
    config.set_security_policy(OpenPolicy() if open_to_all else KeyPolicy())
