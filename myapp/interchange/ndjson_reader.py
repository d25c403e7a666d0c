"""Our own journal, in: each line by its shape and by the rules of the books, then all of them together.

The file need not be ours: whoever wrote it, what is accepted makes books that `verify` finds green.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from myapp.http.body import decode_json
from myapp.http.errors import MalformedJson
from myapp.interchange.journal import Journal, ReadOptions
from myapp.interchange.ndjson_shapes import (
    VERSION,
    AccountLine,
    AnyLine,
    AssetLine,
    EndLine,
    Header,
    HoldLine,
    LedgerLine,
    TransactionLine,
)
from myapp.ledger import rules
from myapp.ledger.assets import NAME_CHARS_MAX
from myapp.ledger.drafts import EntryPosting, PostingDraft
from myapp.ledger.errors import InvalidRequest, LedgerError, UnknownAccount
from myapp.ledger.holds.views import STATUSES
from myapp.ledger.ledgers import DESCRIPTION_CHARS_MAX
from myapp.ledger.limits import parse_limits
from myapp.ledger.money import parse_amount
from myapp.ledger.restoring.checking import at_line, check
from myapp.ledger.restoring.contents import (
    Contents,
    KeptAccount,
    KeptAsset,
    KeptHeld,
    KeptHold,
    KeptPosting,
    KeptSettings,
    KeptTransaction,
)

KINDS = ("transaction", "reversal")
ACTOR_CHARS_MAX = 1_000
# The sections, in the order in which they come.
_ORDER = (Header, LedgerLine, AssetLine, AccountLine, TransactionLine, HoldLine, EndLine)
_NAMES = [str(shape.__struct_config__.tag) for shape in _ORDER]
_SINGLE = (Header, LedgerLine, EndLine)


@dataclass(frozen=True, slots=True)
class WholeBooks(Journal):
    """Everything of a ledger; there are no records in it that would have to be made into transactions."""

    contents: Contents


def read(data: bytes, options: ReadOptions) -> WholeBooks:
    """Read whole books; the options say nothing that the file does not.

    Raises:
        LedgerError: a line is at fault; the error tells which.
    """
    reading = _Reading()
    last = 1
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            last = number
            with _at(number):
                reading.take(_decoded(line), number)
    with _at(last):
        contents = reading.contents()
    check(contents, now=datetime.now(UTC))
    return WholeBooks((), {}, 0, contents)


@contextmanager
def _at(number: int) -> Iterator[None]:
    try:
        yield
    except MalformedJson as error:
        raise at_line(InvalidRequest(error.detail), number) from error
    except LedgerError as error:
        raise at_line(error, number) from error


def _decoded(line: bytes) -> Any:
    return decode_json(line, AnyLine)  # type: ignore[arg-type]  # It is a union of shapes.


@dataclass(slots=True)
class _Reading:
    """A file half read; what comes later refers to what came before."""

    count: int = 0
    section: int = -1
    settings: KeptSettings | None = None
    assets: dict[str, KeptAsset] = field(default_factory=dict)
    accounts: dict[str, KeptAccount] = field(default_factory=dict)
    transactions: list[KeptTransaction] = field(default_factory=list)
    holds: list[KeptHold] = field(default_factory=list)
    scales: dict[str, int] = field(default_factory=dict)
    is_whole: bool = False

    def take(self, record: Any, line: int) -> None:
        """Add a record to what was read."""
        self._follow(record)
        match record:
            case Header():
                _require(record.version == VERSION, f"The version that is read here is {VERSION}.")
            case LedgerLine():
                self.settings = _settings(record, line)
            case AssetLine():
                _require(record.code not in self.assets, f"The asset {record.code!r} occurs twice.")
                self.assets[record.code] = _asset(record, line)
                self.scales[record.code] = record.scale
            case AccountLine():
                _require(record.path not in self.accounts, f"The account {record.path!r} occurs twice.")
                self.accounts[record.path] = _account(record, line, self.scales)
            case TransactionLine():
                self.transactions.append(self._transaction(record, line))
            case HoldLine():
                self.holds.append(self._hold(record, line))
            case EndLine():
                _require(record.records == self.count, f"There are {self.count} records before the end.")
                self.is_whole = True
        self.count += 1

    def contents(self) -> Contents:
        """Return what was read, once all of it was there.

        Raises:
            InvalidRequest: the file ends before its last line.
        """
        if self.settings is None or not self.is_whole:
            raise InvalidRequest('The file ends before its last line, which says "record": "end".')
        accounts, assets = tuple(self.accounts.values()), tuple(self.assets.values())
        return Contents(self.settings, assets, accounts, tuple(self.transactions), tuple(self.holds))

    def _follow(self, record: Any) -> None:
        section = _ORDER.index(type(record))
        again = section == self.section and isinstance(record, _SINGLE)
        # Header and ledger must be there; of the others there may be none.
        skipped = self.section < min(section, 2) - 1
        if section < self.section or again or skipped:
            raise InvalidRequest(f"Lines come in this order: {', '.join(_NAMES)}.")
        self.section = section

    def _transaction(self, record: TransactionLine, line: int) -> KeptTransaction:
        _require(record.kind in KINDS, f"A kind is one of {', '.join(KINDS)}.")
        change = record.change
        return KeptTransaction(
            line=line,
            id=record.id,
            kind=record.kind,
            effective_at=_utc(record.effective_at),
            changed_metadata=None if change is None else rules.check_metadata(change.metadata),
            changed_at=None if change is None else _utc(change.changed_at),
            reverses=record.reverses,
            postings=[
                KeptPosting(*self._sums(each, part.balance), part.version)
                for each, part in zip(self._postings(record.postings), record.postings, strict=True)
            ],
            **_told(record),
        )

    def _hold(self, record: HoldLine, line: int) -> KeptHold:
        _require(record.status in STATUSES, f"A hold's status is one of {', '.join(STATUSES)}.")
        return KeptHold(
            line=line,
            id=record.id,
            status=record.status,
            effective_at=_utc(record.effective_at),
            expires_at=None if record.expires_at is None else _utc(record.expires_at),
            postings=[
                KeptHeld(*self._sums(each, part.remaining))
                for each, part in zip(self._postings(record.postings), record.postings, strict=True)
            ],
            captures=tuple(record.captures),
            **_told(record),
        )

    def _postings(self, parts: Any) -> tuple[EntryPosting, ...]:
        unknown = next((part.account for part in parts if part.account not in self.accounts), None)
        if unknown is not None:
            raise UnknownAccount(f"There is no line above for the account {unknown!r}.", account=unknown)
        drafts = [PostingDraft(part.account, part.asset, part.amount) for part in parts]
        return rules.check_postings(drafts, self.scales)

    def _sums(self, posting: EntryPosting, other: str) -> tuple[str, str, int, int]:
        minor = parse_amount(other, self.scales[posting.asset])
        return posting.account, posting.asset, posting.amount_minor, minor


def _require(accepted: bool, detail: str) -> None:  # noqa: FBT001
    if not accepted:
        raise InvalidRequest(detail)


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidRequest("A time is outside the years 1 to 9999.") from None


def _told(record: TransactionLine | HoldLine) -> dict[str, Any]:
    rules.check_text(record.actor, ACTOR_CHARS_MAX, pointer="/actor")
    return {
        "description": rules.check_description(record.description),
        "reference": rules.check_reference(record.reference),
        "metadata": rules.check_metadata(record.metadata),
        "recorded_at": _utc(record.recorded_at),
        "actor": record.actor,
    }


def _settings(record: LedgerLine, line: int) -> KeptSettings:
    rules.check_text(record.description, DESCRIPTION_CHARS_MAX, pointer="/description")
    metadata = rules.check_metadata(record.metadata)
    return KeptSettings(line, record.description, record.strict_accounts, metadata, _utc(record.created_at))


def _asset(record: AssetLine, line: int) -> KeptAsset:
    code, scale = rules.check_asset_code(record.code), rules.check_scale(record.scale)
    rules.check_text(record.name, NAME_CHARS_MAX, pointer="/name")
    return KeptAsset(line, code, scale, record.name, _utc(record.created_at))


def _account(record: AccountLine, line: int, scales: Mapping[str, int]) -> KeptAccount:
    _require(rules.check_path(record.path) == record.path, "The path is not in Unicode's composed form.")
    _require(record.type in rules.ACCOUNT_TYPES, f"A type is one of {', '.join(rules.ACCOUNT_TYPES)}.")
    _require(
        record.status in rules.ACCOUNT_STATUSES, f"A status is one of {', '.join(rules.ACCOUNT_STATUSES)}."
    )
    limits = {asset: {"min": each.min, "max": each.max} for asset, each in record.limits.items()}
    bounds = parse_limits(limits, record.type, scales)
    metadata = rules.check_metadata(record.metadata)
    return KeptAccount(
        line, record.path, record.type, record.status, bounds, metadata, _utc(record.created_at)
    )
