"""Refuse requests that a proxy in front and this service could read differently.

Whoever finds two readings of one request can smuggle a second one past the first reader. The server lets such
requests through, so they are refused here, before anything looks at them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import AddressValueError, IPv6Address
from typing import Any

from pyramid.config import Configurator

from myapp.http.problems import respond
from myapp.ledger.errors import InvalidParameter

# A name or an address, and a port. The server joins two Host headers with a comma, which stands in none.
_HOST = re.compile(
    r"(?:[A-Za-z0-9._~%!$&'()*+;=-]+|\[(?P<address>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{1,5}))?"
)
_PORT_MAX = 65_535
# The server drops a slash of two at the beginning, what it takes for a fragment, and control characters: with
# them `/metrics` would have spellings that a proxy does not know.
_ORIGIN = r'/(?!/|%2[Ff])[!"$-~]*'
_ABSOLUTE = rf'(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]+)(?:{_ORIGIN}|\?[!"$-~]*)?'
_TARGET = re.compile(rf"{_ORIGIN}|{_ABSOLUTE}")


def includeme(config: Configurator) -> None:
    """Add the tween, below the one that gives every answer its request's id."""
    config.add_tween("myapp.http.strict.tween_factory", under="myapp.http.observe.tween_factory")


def tween_factory(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    """Return the tween that refuses."""

    def refuse_doubtful(request: Any) -> Any:
        error = doubt(request.environ)
        return handler(request) if error is None else respond(error, request)

    return refuse_doubtful


def doubt(environ: Mapping[str, Any]) -> InvalidParameter | None:
    """Return why the request can be read in two ways; None where it cannot."""
    # The server takes this header away where it alone says how long the body is.
    if "HTTP_TRANSFER_ENCODING" in environ:
        return _refused("Transfer-Encoding", "Say the body's length in one way, by HTTP/1.1's rules.")
    return _doubt_of_host(environ) or _doubt_of_target(environ)


def _doubt_of_host(environ: Mapping[str, Any]) -> InvalidParameter | None:
    host = environ.get("HTTP_HOST")
    if host is None:
        # HTTP/1.0 knows no Host; later ones need it.
        old = environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
        return None if old else _refused("Host", "HTTP/1.1 asks for a Host.")
    if not _is_host(host):
        return _refused("Host", "Send one Host, a name or an address with an optional port.")
    return None


def _is_host(text: str) -> bool:
    host = _HOST.fullmatch(text)
    if host is None or int(host["port"] or 0) > _PORT_MAX:
        return False
    return host["address"] is None or _is_of_version_6(host["address"])


def _is_of_version_6(address: str) -> bool:
    try:
        IPv6Address(address)
    except AddressValueError:
        return False
    return True


def _doubt_of_target(environ: Mapping[str, Any]) -> InvalidParameter | None:
    # Only a server has the address as it was sent; a test's client has none.
    target = _TARGET.fullmatch(environ.get("REQUEST_URI", "/"))
    if target is None:
        return InvalidParameter("Ask for a path that begins with one slash, without a fragment.")
    if (authority := target["authority"]) is None:
        return None
    # In HTTP/1.0 it may be all that names a host.
    own = authority.lower() == environ.get("HTTP_HOST", authority).lower()
    if own and target["scheme"].lower() in ("http", "https"):
        return None
    return _refused("Host", "The address that is asked for is another host's.")


def _refused(header: str, detail: str) -> InvalidParameter:
    return InvalidParameter(detail, parameter=header)
