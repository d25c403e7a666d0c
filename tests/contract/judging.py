"""What is held against each answer: schemathesis's checks, and two of ours that are more exact."""

from __future__ import annotations

from typing import Any

import schemathesis.checks
from schemathesis import Case, Response
from schemathesis.checks import CheckContext, load_all_checks
from schemathesis.core import NotSet
from schemathesis.core.parameters import ParameterLocation

from tests.api.conformance import PROMISED, WHOLE_ITEM, contract, mistakes

load_all_checks()

BATCH_ITEM = {"$ref": "#/components/schemas/BatchItem"}
BATCH = {"$ref": "#/components/schemas/BatchBody"}


def nothing_undocumented_in_the_headers(ctx: CheckContext, response: Response, case: Case) -> None:
    """Refuse a header of ours that the operation does not have for this status."""
    told = case.operation.responses.find_by_status_code(response.status_code)
    documented = {name.lower() for name, _ in (told.headers.items() if told else ())}
    found = [name for name in PROMISED if name.lower() in response.headers]
    assert [name for name in found if name.lower() not in documented] == []


def no_invalid_input_accepted(ctx: CheckContext, response: Response, case: Case) -> bool | None:
    """Refuse success for what breaks the document; items of a batch may be refused in their place."""
    if response.status_code == 200 and case.path.endswith("/batch") and _only_items_are_wrong(case.body):
        _assert_refused_in_their_place(case.body, response.json()["results"])
        return None
    if response.status_code < 300 and _is_right_after_all(case):
        return None
    return schemathesis.checks.negative_data_rejection(ctx, response, case)


def _is_right_after_all(case: Case) -> bool:
    # The formats of the vocabulary are no part of the document: what is of none of them may be right.
    wrong = [place for place in ParameterLocation if case.meta and case.meta.is_negative_at(place)]
    if wrong != [ParameterLocation.BODY] or isinstance(case.body, NotSet | bytes):
        return False
    told = contract()["paths"][case.path][case.method.lower()].get("requestBody", {"content": {}})
    content = told["content"].get("application/json")
    return content is not None and not mistakes(content["schema"], case.body)


def _only_items_are_wrong(body: Any) -> bool:
    return isinstance(body, dict) and not mistakes(BATCH, {**body, "transactions": [WHOLE_ITEM]})


def _assert_refused_in_their_place(body: dict[str, Any], results: list[dict[str, Any]]) -> None:
    for item, result in zip(body["transactions"], results, strict=True):
        assert result["status"] >= 400 or not mistakes(BATCH_ITEM, item), item


CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_headers_conformance,
    schemathesis.checks.response_schema_conformance,
    schemathesis.checks.missing_required_header,
    schemathesis.checks.unsupported_method,
    schemathesis.checks.allow_header_conformance,
    nothing_undocumented_in_the_headers,
    no_invalid_input_accepted,
]
