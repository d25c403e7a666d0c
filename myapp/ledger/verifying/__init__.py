"""Recompute the books from their postings, and name every row that is not what it must be.

One module per group of checks. Each rule is one SELECT of the rows that break it, so the journal is never
loaded: the database compares, and at most a hundred rows a rule come back. docs/verify.md tells what each
check looks at, and what no check can see.
"""

from __future__ import annotations

from myapp.ledger.verifying.checks import CHECKS, Progress, Verification, verify, verify_service

__all__ = ["CHECKS", "Progress", "Verification", "verify", "verify_service"]
