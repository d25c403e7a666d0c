"""Every refusal and every failure as an RFC 9457 problem document."""

from __future__ import annotations

import logging
import math
from http import HTTPStatus
from typing import Any

import msgspec
from pyramid.config import Configurator
from pyramid.exceptions import URLDecodeError
from pyramid.httpexceptions import HTTPException
from pyramid.response import Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from myapp.db import CommitOutcomeUnknown, ConcurrencyConflict, is_unavailable
from myapp.http.errors import STATUS, InternalError, NotFound, RateLimited, Unavailable
from myapp.ledger.errors import InvalidParameter, LedgerError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_S = "1"
_UNKNOWN = (
    "The connection to the database was lost during the commit, so it is not known whether the change was "
    "made. Repeat the request with its Idempotency-Key, or look first."
)
# What a client sent is quoted to it, but a refusal must not echo a megabyte.
_TEXT_CHARS_MAX = 1_000


def includeme(config: Configurator) -> None:
    """Answer every exception, HTTP's own included, with a problem document."""
    config.add_exception_view(_refused, context=LedgerError)
    config.add_exception_view(_undecodable, context=URLDecodeError)
    config.add_notfound_view(_not_found)
    config.add_exception_view(_unavailable, context=DBAPIError)
    config.add_exception_view(_unavailable, context=PoolTimeout)
    config.add_exception_view(_unavailable, context=ConcurrencyConflict)
    config.add_exception_view(_unavailable, context=CommitOutcomeUnknown)
    config.add_exception_view(_failed, context=Exception)


def problem(error: LedgerError, request_id: str) -> dict[str, Any]:
    """Return the members of the problem document for an error."""
    status = STATUS[error.code]
    members: dict[str, Any] = {
        "type": f"urn:myapp:problem:{error.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": error.code,
        "detail": _shortened(error.detail),
        "request_id": request_id,
    }
    if error.pointer is not None:
        members["errors"] = [{"pointer": _shortened(error.pointer), "message": members["detail"]}]
    return {**members, **error.members}


def _shortened(text: str) -> str:
    return text if len(text) <= _TEXT_CHARS_MAX else text[:_TEXT_CHARS_MAX] + "…"


def respond(error: LedgerError, request: Any) -> Response:
    """Return the problem document of an error as a response, with the headers its status asks for."""
    document = problem(error, request.request_id)
    # Pages answer with a page, and with the same words.
    as_page = request.registry.get("problem_page")
    response = (as_page(request, document) if as_page else None) or _as_json(document)
    response.headers.update(headers_of(error))
    return response


def _as_json(document: dict[str, Any]) -> Response:
    response = Response(msgspec.json.encode(document), status=document["status"], content_type=MEDIA_TYPE)
    # RFC 9457 defines no charset parameter, and WebOb adds one to every JSON type.
    response.charset = None
    return response


def headers_of(error: LedgerError) -> dict[str, str]:
    """Return the headers that the status of an error asks for."""
    if error.code == "method_not_allowed":
        return {"Allow": ", ".join(error.members["allow"])}
    if error.code == "unauthenticated":
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, RateLimited):
        # In whole seconds, and never too few.
        return {"Retry-After": str(math.ceil(error.retry_after_s))}
    if error.code == "unavailable":
        return {"Retry-After": _RETRY_AFTER_S}
    return {}


def _refused(error: LedgerError, request: Any) -> Response:
    return respond(error, request)


def _undecodable(error: Exception, request: Any) -> Response:
    return respond(InvalidParameter("The address is not valid UTF-8."), request)


def _not_found(error: Exception, request: Any) -> Response:
    return respond(NotFound("There is nothing at this address."), request)


def _unavailable(error: Exception, request: Any) -> Response:
    if isinstance(error, DBAPIError) and not is_unavailable(error.orig):
        return _failed(error, request)
    log.warning("request %s: the database could not answer: %s", request.request_id, error)
    if isinstance(error, CommitOutcomeUnknown):
        return respond(Unavailable(_UNKNOWN), request)
    return respond(Unavailable("The service cannot answer now; nothing was changed. Try again."), request)


def _failed(error: Exception, request: Any) -> Any:
    if isinstance(error, HTTPException):
        return error
    log.error("request %s failed", request.request_id, exc_info=error)
    return respond(InternalError("The service failed; nothing was changed."), request)
