"""The hot path: one write, whole or not at all.

PostgreSQL gets one statement between BEGIN and COMMIT, SQLite the same pieces one after another under
its write lock. Nothing is written unless every account exists; whatever else is refused shows as a row
that is missing from the answer, and then the caller must let the transaction abort.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from myapp.ledger.at_once import write_at_once
from myapp.ledger.dialects import is_postgresql
from myapp.ledger.in_steps import write_in_steps
from myapp.ledger.outcomes import Claim, Outcome
from myapp.ledger.plan import Plan


def write(session: Session, ledger_id: int, plan: Plan, claims: tuple[Claim, ...] = ()) -> Outcome:
    """Write the plan and claim its keys, in one go."""
    if is_postgresql(session):
        return write_at_once(session, ledger_id, plan, claims)
    return write_in_steps(session, ledger_id, plan, claims)
