"""From the table of pages to Pyramid: routes, views, 405, and the steps around every page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from myapp.http.errors import STATUS
from myapp.http.methods import method_not_allowed
from myapp.http.parameters import require_known
from myapp.http.reach import admit
from myapp.ledger.errors import LedgerError
from myapp.web.addresses import PREFIX, address_here
from myapp.web.forms import Form, read_form
from myapp.web.once import once
from myapp.web.page import Page
from myapp.web.pages import PAGES
from myapp.web.protection import HEADERS

# What is wrong with the form itself; anything else that is refused is a page of its own.
_OF_THE_FORM = (400, 409, 422)


def includeme(config: Configurator) -> None:
    """Register the table."""
    by_name: dict[str, list[Page]] = defaultdict(list)
    for page in PAGES:
        by_name[page.name].append(page)
    for name, pages in by_name.items():
        _add_address(config, PREFIX + name, pages)


def _add_address(config: Configurator, name: str, pages: list[Page]) -> None:
    config.add_route(name, pages[0].path)
    for page in pages:
        config.add_view(
            _view(page),
            route_name=name,
            request_method=page.method,
            permission=NO_PERMISSION_REQUIRED if page.permission is None else page.permission,
            renderer=page.template,
        )
    config.add_view(method_not_allowed(page.method for page in pages), route_name=name)


def _view(page: Page) -> Callable[[Any], Any]:
    def view(request: Any) -> Any:
        admit(request, page.permission)
        request.response.headers.update(HEADERS)
        answer = _sent(page, request) if page.method == "POST" else _opened(page, request)
        if isinstance(answer, Response):
            answer.headers.update(HEADERS)
        return answer

    return view


def _opened(page: Page, request: Any) -> Any:
    require_known(request, page.parameters)
    if any(not value for value in request.GET.values()):
        return HTTPSeeOther(_without_empty(request))
    return page.view(request)


def _without_empty(request: Any) -> str:
    # A browser sends the fields of a filter bar that were left empty, too; the address is worth keeping.
    return address_here(request, {name: value for name, value in request.GET.items() if value})


def _sent(page: Page, request: Any) -> Any:
    form = read_form(request, page.media_type, getattr(request.registry["settings"], page.bytes_max))
    try:
        return _done(page, request, form)
    except LedgerError as error:
        return _again(page, request, form, error)


def _done(page: Page, request: Any, form: Form) -> Any:
    prepared = () if page.prepare is None else (page.prepare(request, form),)
    if "ledger" not in request.matchdict or not page.keeps:
        return page.view(request, form, *prepared)
    # Whatever is written into a ledger is written once, and the visitor goes on to what came of it.
    return HTTPSeeOther(once(request, form, lambda: str(page.view(request, form, *prepared))))


def _again(page: Page, request: Any, form: Form, error: LedgerError) -> Any:
    status = STATUS[error.code]
    if page.again is None or status not in _OF_THE_FORM:
        raise error
    # The status is what makes the session keep nothing of what was tried.
    request.response.status_int = status
    return page.again(request, form, error)
