"""With which codes a route may refuse: some follow from what it declares, the rest it lists itself."""

from __future__ import annotations

from collections.abc import Iterator

from myapp.api.route import Route
from myapp.http.errors import STATUS
from myapp.ledger.errors import LedgerError


def codes_of(route: Route) -> tuple[str, ...]:
    """Return the codes, sorted by status."""
    return tuple(sorted({*_implied(route), *route.codes}, key=lambda code: (STATUS[code], code)))


def _implied(route: Route) -> Iterator[str]:
    yield from ("invalid_parameter", "not_acceptable", "internal_error", "unavailable")
    if route.permission is not None:
        yield from ("unauthenticated", "forbidden", "rate_limited")
    if "{" in route.path:
        yield "not_found"
    if "{ledger}" in route.path:
        yield "ledger_not_found"
    if "cursor" in route.parameters:
        yield "invalid_cursor"
    if route.body is not None or route.reader is not None:
        yield from ("malformed_json", "invalid_request", "body_too_large", "unsupported_media_type")
    if route.method == "POST":
        yield from ("idempotency_key_reused", "idempotency_in_progress")


def meanings() -> dict[str, str]:
    """Return what each code means, in the words of the error that is named like it."""
    named = (error for error in _tree(LedgerError) if error.__name__ == _name(error.code))
    found = {error.code: _first_line(error) for error in named}
    return {code: found[code] for code in sorted(found, key=lambda code: (STATUS[code], code))}


def _name(code: str) -> str:
    return "".join(word.capitalize() for word in code.split("_"))


def _tree(error: type[LedgerError]) -> Iterator[type[LedgerError]]:
    yield error
    for each in error.__subclasses__():
        yield from _tree(each)


def _first_line(error: type[LedgerError]) -> str:
    return (error.__doc__ or "").partition("\n")[0]
