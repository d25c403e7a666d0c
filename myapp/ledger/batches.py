"""Post many transactions as if one after another, all or none of them or each alone, with few statements.

All of them are written at once. Only when the database refuses are they rehearsed in memory, to learn which
ones fail, and the others written at once again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy.orm import Session

from myapp.ledger.books import Book, open_book
from myapp.ledger.claims import Used, claim_all, look_up, release_all
from myapp.ledger.drafts import Entry, TransactionDraft
from myapp.ledger.errors import IdempotencyKeyReused, LedgerError
from myapp.ledger.outcomes import Claim
from myapp.ledger.posting import Key, check, receipts, write_entries
from myapp.ledger.rehearsal import rehearse
from myapp.ledger.reuse import BEFORE_THE_CLAIM
from myapp.ledger.savepoints import savepoint
from myapp.ledger.transactions import all_as_first_answered
from myapp.ledger.views import TransactionView

ITEMS_MAX = 1_000
# More assets than these are not looked up by name: a statement takes only so many parameters.
_ASSETS_MAX = 500


class Item(Struct, frozen=True):
    """One transaction of a batch as asked, with its own idempotency key."""

    draft: TransactionDraft
    key: Key | None = None


class Posted(Struct, frozen=True):
    """What an item became, now or when its key was first used."""

    status: int
    transaction: TransactionView


class _Candidate(Struct, frozen=True):
    """An item that obeys the rules, with the claim to its key."""

    entry: Entry
    key: Key | None
    claim: Claim | None


class _Broken(Struct, frozen=True):
    """An item that breaks a rule, with the key it came with, if that could be read."""

    error: LedgerError
    key: Key | None = None


# An item that could not even be read is refused in its place.
Asked = Item | LedgerError
Result = Posted | LedgerError
# What is to become of an item: it is written, answered as its key was, or refused.
_Step = _Candidate | Used | LedgerError
_Judge = Callable[[_Candidate], LedgerError | None]


@dataclass(slots=True)
class _Batch:
    """A batch under way: `used` are keys of former requests, `claims` those that it holds itself."""

    session: Session
    book: Book
    now: datetime
    candidates: Sequence[_Candidate | _Broken]
    used: Mapping[str, Used] = field(default_factory=dict)
    claims: Sequence[Claim] = ()
    written: dict[UUID, TransactionView] = field(default_factory=dict)


def post_all(
    session: Session, ledger: str, items: Sequence[Asked], *, now: datetime, actor: str
) -> list[Posted]:
    """Post all items, one after another, or none.

    Raises:
        LedgerError: an item is refused, the first of them all; its `index` tells which. The transaction
            must abort.
    """
    batch = _begin(session, ledger, items, now=now, actor=actor)
    results = _results(batch, _settle(batch, whole=True))
    return [each for each in results if isinstance(each, Posted)]


def post_each(
    session: Session, ledger: str, items: Sequence[Asked], *, now: datetime, actor: str
) -> list[Result]:
    """Post one item after another; one that is refused changes nothing and leaves its key free.

    Raises:
        LedgerNotFound: there is no such ledger.
    """
    batch = _begin(session, ledger, items, now=now, actor=actor)
    return _results(batch, _settle(batch, whole=False))


def located(error: LedgerError, index: int) -> LedgerError:
    """Return an item's refusal as one of the whole batch: with its index, pointers from the batch's root."""
    pointer = None if error.pointer is None else f"/transactions/{index}{error.pointer}"
    return type(error)(error.detail, pointer=pointer, **{**error.members, "index": index})


def _begin(session: Session, ledger: str, items: Sequence[Asked], *, now: datetime, actor: str) -> _Batch:
    drafts = [item.draft for item in items if isinstance(item, Item)]
    assets = {posting.asset for draft in drafts for posting in draft.postings}
    book = open_book(session, ledger, assets if len(assets) <= _ASSETS_MAX else None)
    batch = _Batch(session, book, now, [_checked(book, item, now, actor) for item in items])
    claims = _claims(_course(batch, _trust))
    used = claim_all(session, book.id, claims, now=now)
    batch.claims = [claim for claim in claims if claim.key not in used]
    batch.used = {**look_up(session, book.id, _keys_of_broken(batch) - used.keys()), **used}
    return batch


def _checked(book: Book, item: Asked, now: datetime, actor: str) -> _Candidate | _Broken:
    if isinstance(item, LedgerError):
        return _Broken(item)
    try:
        entry, key = check(book, item.draft, now=now, actor=actor), item.key
        return _Candidate(entry, key, None if key is None else Claim(key.key, key.fingerprint, entry.id))
    except BEFORE_THE_CLAIM as error:
        return _Broken(error, item.key)
    except LedgerError as error:
        return _Broken(error)


def _keys_of_broken(batch: _Batch) -> set[str]:
    own = {claim.key for claim in batch.claims}
    broken = [each for each in batch.candidates if isinstance(each, _Broken)]
    return {each.key.key for each in broken if each.key is not None} - own


def _settle(batch: _Batch, *, whole: bool) -> list[_Step]:
    """Write what is accepted and return the course of the batch."""
    course = _course(batch, _trust)
    if not (whole and _first_refusal(course)) and _write(batch, course, ()):
        return course
    release_all(batch.session, batch.book.id, batch.claims)
    course = _course(batch, _rehearsal(batch))
    if whole:
        _raise_first_refusal(course)
    if _write(batch, course, tuple(_claims(course))):
        return course
    # What is left are refusals that no rehearsal foresees: a reference taken this very moment by another
    # request. Slow, but exact whatever the reason.
    course = _course(batch, _one_by_one(batch))
    if whole:
        _raise_first_refusal(course)
    return course


def _course(batch: _Batch, judge: _Judge) -> list[_Step]:
    """Return what becomes of each item, in order, when `judge` tells which the books refuse."""
    taken = dict(batch.used)
    course: list[_Step] = []
    for candidate in batch.candidates:
        step = _step(candidate, taken, judge)
        if isinstance(step, _Candidate) and (claim := step.claim) is not None:
            taken[claim.key] = Used(claim.fingerprint, claim.status, claim.txn_id)
        course.append(step)
    return course


def _step(candidate: _Candidate | _Broken, taken: Mapping[str, Used], judge: _Judge) -> _Step:
    key = candidate.key
    before = None if key is None else taken.get(key.key)
    if key is None or before is None:
        return _judged(candidate, judge)
    if before.fingerprint != key.fingerprint or before.txn_id is None:
        return IdempotencyKeyReused(
            "This idempotency key was used for another request.", pointer="/idempotency_key"
        )
    return before


def _judged(candidate: _Candidate | _Broken, judge: _Judge) -> _Candidate | LedgerError:
    if isinstance(candidate, _Broken):
        return candidate.error
    refusal = judge(candidate)
    return candidate if refusal is None else refusal


def _trust(candidate: _Candidate) -> None:
    return None


def _rehearsal(batch: _Batch) -> _Judge:
    entries = [each.entry for each in batch.candidates if isinstance(each, _Candidate)]
    rehearsal = rehearse(batch.session, batch.book, entries, now=batch.now)
    return lambda candidate: rehearsal.admit(candidate.entry)


def _one_by_one(batch: _Batch) -> _Judge:
    def judge(candidate: _Candidate) -> LedgerError | None:
        claims = () if candidate.claim is None else (candidate.claim,)
        try:
            _write_entries(batch, [candidate.entry], claims)
        except LedgerError as error:
            return error
        return None

    return judge


def _write(batch: _Batch, course: Sequence[_Step], claims: tuple[Claim, ...]) -> bool:
    """Write what the course accepts; return False, with nothing changed, when the database refuses."""
    entries = [step.entry for step in course if isinstance(step, _Candidate)]
    try:
        _write_entries(batch, entries, claims)
    except LedgerError:
        return False
    return True


def _write_entries(batch: _Batch, entries: Sequence[Entry], claims: tuple[Claim, ...]) -> None:
    if not entries:
        return
    with savepoint(batch.session):
        written = write_entries(batch.session, batch.book, entries, now=batch.now, claims=claims)
    if written is None:
        raise AssertionError("Keys that this transaction has released were taken by another one.")
    batch.written |= {view.id: view for view in receipts(batch.book, *written)}


def _claims(course: Sequence[_Step]) -> list[Claim]:
    claims = [step.claim for step in course if isinstance(step, _Candidate)]
    return [claim for claim in claims if claim is not None]


def _first_refusal(course: Sequence[_Step]) -> LedgerError | None:
    refusals = (located(step, index) for index, step in enumerate(course) if isinstance(step, LedgerError))
    return next(refusals, None)


def _raise_first_refusal(course: Sequence[_Step]) -> None:
    if (refusal := _first_refusal(course)) is not None:
        raise refusal


def _results(batch: _Batch, course: Sequence[_Step]) -> list[Result]:
    views = {**_replayed(batch, course), **batch.written}
    return [_result(step, index, views) for index, step in enumerate(course)]


def _replayed(batch: _Batch, course: Sequence[_Step]) -> dict[UUID, TransactionView]:
    used = {step.txn_id for step in course if isinstance(step, Used) and step.txn_id is not None}
    former = used - batch.written.keys()
    return all_as_first_answered(batch.session, batch.book, former) if former else {}


def _result(step: _Step, index: int, views: Mapping[UUID, TransactionView]) -> Result:
    if isinstance(step, LedgerError):
        return located(step, index)
    if isinstance(step, _Candidate):
        return Posted(201, views[step.entry.id])
    if step.txn_id is None:
        raise AssertionError("Only a key that made a transaction is answered again.")
    return Posted(step.status, views[step.txn_id])
