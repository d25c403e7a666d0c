"""Which of the media types that can be answered a client would like best."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from webob.acceptparse import create_accept_header

from myapp.http.errors import NotAcceptable
from myapp.http.problems import MEDIA_TYPE as PROBLEM
from myapp.http.request import Request

_CHARSETS = ("", ";charset=utf-8", ";charset=UTF-8")


def negotiated(request: Request, offered: Sequence[str]) -> str:
    """Return the media type that the client likes best, the first where it does not care.

    Raises:
        NotAcceptable: it takes none of them.
    """
    # An empty header asks for nothing in particular.
    given: str | None = request.headers.get("Accept")
    best = _best(given, tuple(offered)) if given else offered[0]
    if best is None:
        raise NotAcceptable(f"The answer is {' or '.join(offered)}.")
    return best


# Clients say the same few things again and again.
@lru_cache(maxsize=128)
def _best(header: str, offered: tuple[str, ...]) -> str | None:
    # Clients may name the charset, though there is one alone, and who takes problems alone may get one.
    spelt = {f"{media_type}{charset}": media_type for media_type in offered for charset in _CHARSETS}
    accepted = [spelling for spelling, _ in create_accept_header(header).acceptable_offers((*spelt, PROBLEM))]
    if not accepted:
        return None
    return next((spelt[spelling] for spelling in accepted if spelling in spelt), offered[0])
