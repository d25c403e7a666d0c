"""From the bodies of requests to the drafts that the books take."""

from __future__ import annotations

from collections.abc import Iterable

from myapp.api.bodies import PostingBody, TransactionBody
from myapp.http.times import moment
from myapp.ledger.drafts import PostingDraft, TransactionDraft


def draft_of(body: TransactionBody) -> TransactionDraft:
    """Return the draft of a transaction, or of what has a transaction's fields.

    Raises:
        InvalidRequest: `effective_at` is no time.
    """
    return TransactionDraft(
        postings=postings_of(body.postings),
        description=body.description or "",
        reference=body.reference,
        effective_at=moment(body.effective_at, "/effective_at"),
        metadata=body.metadata,
    )


def postings_of(bodies: Iterable[PostingBody]) -> tuple[PostingDraft, ...]:
    """Return the drafts of postings."""
    return tuple(PostingDraft(each.account, each.asset, each.amount) for each in bodies)
