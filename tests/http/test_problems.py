"""Problem documents: every error of the tree has its status, and none echoes a megabyte."""

from __future__ import annotations

import pytest

from myapp.http.errors import STATUS
from myapp.http.problems import problem
from myapp.ledger.errors import LedgerError


def tree(error: type[LedgerError]) -> set[type[LedgerError]]:
    return {error}.union(*(tree(each) for each in error.__subclasses__()))


def test_every_error_has_a_status_and_every_status_an_error() -> None:
    assert {error.code for error in tree(LedgerError)} == STATUS.keys()


@pytest.mark.parametrize("code", sorted(STATUS))
def test_a_problem_has_the_members_of_rfc_9457_and_ours(code: str) -> None:
    kind = next(error for error in tree(LedgerError) if error.code == code)
    document = problem(kind("Why.", pointer="/a/0", account="x"), "id-1")
    assert document.pop("title")
    assert document == {
        "type": f"urn:myapp:problem:{code}",
        "status": STATUS[code],
        "code": code,
        "detail": "Why.",
        "request_id": "id-1",
        "errors": [{"pointer": "/a/0", "message": "Why."}],
        "account": "x",
    }


def test_a_problem_without_a_field_at_fault_names_none() -> None:
    assert "errors" not in problem(LedgerError("Why."), "id-1")


def test_a_long_text_is_cut() -> None:
    document = problem(LedgerError("x" * 1_000_000, pointer="/" + "y" * 1_000_000), "id-1")
    assert len(str(document)) < 10_000
