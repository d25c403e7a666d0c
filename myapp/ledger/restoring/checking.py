"""What contents must obey beyond the rules of each line: what `verify` would look at.

Pure: it needs no database, and asks of the file alone. Every refusal tells its line.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from myapp.ledger.errors import AmountOutOfRange, InvalidRequest, LedgerError
from myapp.ledger.money import MINOR_MAX
from myapp.ledger.restoring.contents import (
    Contents,
    KeptAccount,
    KeptAsset,
    KeptHold,
    KeptPosting,
    KeptSettings,
    KeptTransaction,
)

_Key = tuple[str, str]


def at_line(error: LedgerError, line: int) -> LedgerError:
    """Return the error with the line that it is about, as a member and in its sentence."""
    return type(error)(f"line {line}: {error.detail}", **{**error.members, "line": line})


def check(contents: Contents, *, now: datetime) -> None:
    """Accept contents of which books come that are green.

    Raises:
        InvalidRequest, AmountOutOfRange: with the line that is at fault.
    """
    transactions = {each.id: each for each in contents.transactions}
    _check_once(contents.transactions)
    _check_once(contents.holds)
    _check_times(contents.transactions, now)
    _check_times(contents.holds, now)
    _check_created(contents, now)
    _check_chains(contents.transactions)
    _check_reversals(transactions)
    _check_captures(contents.holds, transactions)
    _check_pending(contents)


def _refused(line: int, detail: str) -> LedgerError:
    return at_line(InvalidRequest(detail), line)


def _check_once(records: Iterable[KeptTransaction | KeptHold]) -> None:
    ids: set[UUID] = set()
    references: set[str] = set()
    for each in records:
        if each.id in ids:
            raise _refused(each.line, f"The id {each.id} occurs twice.")
        if each.reference in references:
            raise _refused(each.line, f"The reference {each.reference!r} occurs twice.")
        ids.add(each.id)
        references.update([] if each.reference is None else [each.reference])


def _check_times(records: Iterable[KeptTransaction | KeptHold], now: datetime) -> None:
    before: datetime | None = None
    for each in records:
        if each.recorded_at > now:
            raise _refused(each.line, "It was recorded in the future.")
        if before is not None and each.recorded_at < before:
            raise _refused(each.line, "It was recorded before the line before it.")
        before = each.recorded_at
        changed_at = each.changed_at if isinstance(each, KeptTransaction) else None
        if changed_at is not None and changed_at > now:
            raise _refused(each.line, "Its metadata was changed in the future.")


def _check_created(contents: Contents, now: datetime) -> None:
    made: list[KeptSettings | KeptAsset | KeptAccount] = [contents.settings]
    for each in (*made, *contents.assets, *contents.accounts):
        if each.created_at > now:
            raise _refused(each.line, "It was made in the future.")


def _check_chains(transactions: Iterable[KeptTransaction]) -> None:
    chains: dict[_Key, list[tuple[int, int, KeptPosting]]] = defaultdict(list)
    for transaction in transactions:
        for posting in transaction.postings:
            chains[posting.key].append((posting.version, transaction.line, posting))
    for chain in chains.values():
        # By version alone: the clock may have been set back between two lines.
        chain.sort(key=lambda link: link[:2])
        _check_chain(chain)


def _check_chain(chain: Sequence[tuple[int, int, KeptPosting]]) -> None:
    balance = debits = credits_ = 0
    for expected, (version, line, posting) in enumerate(chain, start=1):
        name = f"{posting.asset} on {posting.account!r}"
        balance += posting.amount
        debits += max(0, posting.amount)
        credits_ += max(0, -posting.amount)
        if version != expected:
            raise _refused(line, f"The version of {name} is {version}, not {expected}.")
        if posting.balance != balance:
            raise _refused(line, f"The balance of {name} is not the one before it plus the amount.")
        if max(debits, credits_) > MINOR_MAX:
            raise at_line(AmountOutOfRange(f"The total of {name} exceeds 64 bits."), line)


def _check_reversals(transactions: Mapping[UUID, KeptTransaction]) -> None:
    reversed_: set[UUID] = set()
    for each in transactions.values():
        if (each.kind == "reversal") != (each.reverses is not None):
            raise _refused(each.line, "A reversal, and nothing else, says what it reverses.")
        if each.reverses is None:
            continue
        original = transactions.get(each.reverses)
        if original is None or each.reverses in reversed_:
            word = "is not in the file" if original is None else "is reversed already"
            raise _refused(each.line, f"The transaction {each.reverses} {word}.")
        reversed_.add(each.reverses)
        _check_mirrored(each, original)


def _check_mirrored(reversal: KeptTransaction, original: KeptTransaction) -> None:
    opposite = Counter((*posting.key, -posting.amount) for posting in original.postings)
    if Counter((*posting.key, posting.amount) for posting in reversal.postings) != opposite:
        raise _refused(reversal.line, "The reversal is not the opposite of what it reverses.")
    last: dict[_Key, int] = {}
    for posting in original.postings:
        last[posting.key] = max(posting.version, last.get(posting.key, 0))
    if any(posting.version < last[posting.key] for posting in reversal.postings):
        raise _refused(reversal.line, "The reversal was posted before what it reverses.")


def _check_captures(holds: Iterable[KeptHold], transactions: Mapping[UUID, KeptTransaction]) -> None:
    captures: set[UUID] = set()
    for hold in holds:
        for each in hold.captures:
            if each not in transactions or each in captures:
                word = "captured another hold" if each in captures else "is not in the file"
                raise _refused(hold.line, f"The transaction {each} {word}.")
            captures.add(each)
        _check_captured(hold, transactions)


def _check_captured(hold: KeptHold, transactions: Mapping[UUID, KeptTransaction]) -> None:
    if hold.status == "captured" and not hold.captures:
        raise _refused(hold.line, "A hold that is captured names a transaction that did it.")
    gone, posted = (defaultdict[tuple[_Key, bool], int](int) for _ in range(2))
    for each in hold.postings:
        gone[each.key, each.amount > 0] += abs(each.amount) - abs(each.remaining)
    for posting in (posting for each in hold.captures for posting in transactions[each].postings):
        posted[posting.key, posting.amount > 0] += abs(posting.amount)
    # Whatever ends a hold lets go of what was not captured.
    if any(amount > gone[side] for side, amount in posted.items()) or (
        hold.status == "open" and any(amount != posted[side] for side, amount in gone.items())
    ):
        raise _refused(hold.line, "The captures are not what the hold no longer holds.")


def _check_pending(contents: Contents) -> None:
    # A capture needs room for what is held beside what is posted.
    totals: dict[tuple[_Key, bool], int] = defaultdict(int)
    for transaction in contents.transactions:
        for posting in transaction.postings:
            totals[posting.key, posting.amount > 0] += abs(posting.amount)
    for hold in contents.holds:
        _check_held(hold)
        for each in hold.postings:
            side = (each.key, each.remaining > 0)
            totals[side] += abs(each.remaining)
            if totals[side] > MINOR_MAX:
                raise at_line(AmountOutOfRange("What is posted and held exceeds 64 bits."), hold.line)


def _check_held(hold: KeptHold) -> None:
    sums: dict[str, int] = defaultdict(int)
    for each in hold.postings:
        sums[each.asset] += each.remaining
        lowest, highest = sorted((0, each.amount))
        if not lowest <= each.remaining <= highest:
            raise _refused(hold.line, "What is still held is not within what was asked for.")
    if any(sums.values()):
        raise _refused(hold.line, "What is still held does not sum to zero.")
    if (hold.status == "open") != any(each.remaining for each in hold.postings):
        raise _refused(hold.line, "A hold, as long as it is open, holds something.")
