"""Idempotency keys: each tells how its request was answered."""

from __future__ import annotations

from sqlalchemy import and_, not_, or_

from myapp.ledger.core import IDEMPOTENCY, LEDGER_ID, TXN
from myapp.ledger.verifying.records import excerpt, times_of
from myapp.ledger.verifying.rule import Check, Rule, rule, told
from myapp.ledger.verifying.spelling import is_document

_KEY = {"key": IDEMPOTENCY.c.key}
_OWN = IDEMPOTENCY.c.ledger_id == LEDGER_ID


def _answered() -> Rule:
    # Only successes are remembered; 0 is a claim that was never completed.
    status, answer = IDEMPOTENCY.c.status, IDEMPOTENCY.c.answer
    return rule(
        "idempotency",
        "The key remembers no success, or no answer.",
        IDEMPOTENCY,
        _KEY,
        {
            "status": (told("200 to 299"), status),
            "answer": (told("JSON, or a transaction in its place"), excerpt(answer)),
        },
        _OWN,
        wrong=or_(
            not_(status.between(200, 299)),
            and_(answer.is_(None), IDEMPOTENCY.c.txn_id.is_(None)),
            and_(answer.is_not(None), not_(is_document(answer))),
        ),
    )


def _of_its_transaction() -> Rule:
    same = and_(TXN.c.ledger_id == IDEMPOTENCY.c.ledger_id, TXN.c.id == IDEMPOTENCY.c.txn_id)
    return rule(
        "idempotency",
        "The key's transaction is not there.",
        IDEMPOTENCY.outerjoin(TXN, same),
        _KEY,
        {"txn_id": (TXN.c.id, IDEMPOTENCY.c.txn_id)},
        _OWN,
    )


CHECKS = (
    Check(
        "idempotency", IDEMPOTENCY, (_answered(), _of_its_transaction(), times_of(IDEMPOTENCY, "created_at"))
    ),
)
