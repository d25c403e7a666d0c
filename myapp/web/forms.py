"""Read a form that a browser sends: within its limit, from one of our own pages, every field a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyramid.csrf import check_csrf_origin
from pyramid.exceptions import BadCSRFOrigin
from pyramid.interfaces import ICSRFStoragePolicy

from myapp.http.body import read_body
from myapp.http.errors import Forbidden
from myapp.ledger.errors import InvalidRequest

TOKEN = "csrf_token"  # noqa: S105 - the name of a field

_FROM_ANOTHER_VISIT = "This form is from another visit. Open it again, and send it anew."
_LOST_COOKIE = (
    "This page came over http, and its cookies travel over https alone: open it by https, or set "
    "myapp.cookies_secure = false where nobody can listen."
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, in their order; a name may occur more than once."""

    pairs: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a field without the spaces around it; an empty text where it is not sent."""
        return next((value.strip() for key, value in self.pairs if key == name), "")

    def texts(self, name: str) -> list[str]:
        """Return all fields of a name, without the spaces around them."""
        return [value.strip() for key, value in self.pairs if key == name]


def read_form(request: Any, media_type: str, bytes_max: int) -> Form:
    """Return the form of a request.

    Raises:
        UnsupportedMediaType, BodyTooLarge: as `read_body`.
        InvalidRequest: it is no form, not UTF-8, or has a NUL.
        Forbidden: it does not come from a page of ours.
    """
    read_body(request, (media_type,), bytes_max)
    form = _decoded(request)
    _require_own_page(request, form.text(TOKEN))
    return form


def _decoded(request: Any) -> Form:
    pairs, files = [], {}
    # WebOb and the standard library decode when they are first asked, and raise what Python raises.
    try:
        items = list(request.POST.items())
        for name, value in items:
            if hasattr(value, "filename"):
                files[name] = Upload(value.filename, value.file.read())
            elif isinstance(value, bytes):
                # A browser sends a field for a file that nobody has chosen, too.
                files[name] = Upload("", value)
            else:
                pairs.append((name, _text(value)))
    except (ValueError, OSError, TypeError, LookupError) as error:
        raise InvalidRequest("This is no form in UTF-8.") from error
    if any("\0" in part for pair in pairs for part in pair):
        raise InvalidRequest("A field has a NUL.")
    return Form(tuple(pairs), files)


def _text(value: object) -> str:
    # A field of several parts within the form is a list of what is in them.
    if not isinstance(value, str):
        raise TypeError(f"A field is a text, not a {type(value).__name__}.")
    return value


def _loses_cookies(request: Any) -> bool:
    return bool(request.scheme == "http" and request.registry["settings"].cookies_secure)


def _require_own_page(request: Any, token: str) -> None:
    policy = request.registry.getUtility(ICSRFStoragePolicy)
    if not policy.check_csrf_token(request, token):
        raise Forbidden(_LOST_COOKIE if _loses_cookies(request) else _FROM_ANOTHER_VISIT)
    try:
        check_csrf_origin(request)
    except (BadCSRFOrigin, ValueError) as error:
        # What is no address at all is a ValueError of the standard library's.
        raise Forbidden("This form was sent from another site.") from error
