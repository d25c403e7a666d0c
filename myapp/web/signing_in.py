"""Sign in with a key, kept in a cookie that scripts cannot read and that other sites cannot send in forms.

The cookie is the key: one that is revoked or has expired opens nothing from that moment on, and there is no
second kind of session to end. The API does not read the cookie, so no other site can use it there.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pyramid.config import Configurator
from pyramid.events import ContextFound
from pyramid.httpexceptions import HTTPSeeOther

from myapp.ledger.errors import InvalidRequest, LedgerError
from myapp.security.keys import PREFIX as KEY_PREFIX
from myapp.security.keys import identify
from myapp.web.addresses import PREFIX, address_of
from myapp.web.forms import Form
from myapp.web.page import Context

COOKIE = "myapp_key"
# RFC 3986's reserved characters, and the one that encodes; `quote` leaves the unreserved ones alone.
_OF_AN_ADDRESS = ":/?#[]@!$&'()*+,;=%"
_ADDRESS_BYTES_MAX = 2_000


def includeme(config: Configurator) -> None:
    """Show the cookie's key as a bearer key, at the addresses of pages alone."""
    config.add_subscriber(_show_key, ContextFound)


def _show_key(event: Any) -> None:
    request = event.request
    route = getattr(request, "matched_route", None)
    key = request.cookies.get(COOKIE)
    if key and route is not None and route.name.startswith(PREFIX) and "Authorization" not in request.headers:
        request.headers["Authorization"] = f"Bearer {key}"


def show(request: Any) -> Context:
    """Show the form."""
    return {"next": request.GET.get("next", "/"), "message": None}


def sign_in(request: Any, form: Form) -> Any:
    """Set the cookie, and go on to where the visitor came from."""
    key = form.text("key")
    known = key.startswith(KEY_PREFIX) and identify(request.dbsession, key, now=request.now)
    if not known:
        raise InvalidRequest("This key is not known, is revoked, or has expired.", pointer="/key")
    response = HTTPSeeOther(_own_address(form.text("next")))
    secure = request.registry["settings"].cookies_secure
    response.set_cookie(COOKIE, key, httponly=True, secure=secure, samesite="Lax")
    return response


def again(request: Any, form: Form, error: LedgerError) -> Context:
    """Show the form with what was wrong; the key itself is not written into the page."""
    return {"next": form.text("next"), "message": error.detail}


def sign_out(request: Any, form: Form) -> Any:
    """Forget the cookie."""
    response = HTTPSeeOther(address_of(request, "sign_in"))
    response.delete_cookie(COOKIE)
    return response


def _own_address(address: str) -> str:
    # "//elsewhere" and "/\\elsewhere" are other hosts to a browser; a line end would be a header of its own.
    plain = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    # A header is ASCII; what is encoded already stays as it is.
    onward = quote(address, safe=_OF_AN_ADDRESS) if plain else "/"
    # A proxy takes only so many bytes of headers, and would throw the cookie away with them.
    return onward if len(onward) <= _ADDRESS_BYTES_MAX else "/"
