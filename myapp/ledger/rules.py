"""The rules of double entry, and of names and texts: pure, so that they can be read and tested alone."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from myapp.ledger.drafts import EntryPosting, PostingDraft
from myapp.ledger.errors import AmountOutOfRange, InvalidAmount, InvalidRequest, Unbalanced, UnknownAsset
from myapp.ledger.money import MINOR_MAX, SCALE_MAX, format_amount, parse_amount

ACCOUNT_TYPES = ("asset", "liability", "equity", "income", "expense")
DEBIT_NORMAL = frozenset({"asset", "expense"})
ACCOUNT_STATUSES = ("open", "frozen", "closed")

PATH_CHARS_MAX = 255
ASSET_CHARS_MAX = 32
REFERENCE_CHARS_MAX = 255
DESCRIPTION_CHARS_MAX = 10_000
METADATA_KEYS_MAX = 50
METADATA_KEY_CHARS_MAX = 255
METADATA_VALUE_CHARS_MAX = 10_000
POSTINGS_MAX = 5_000

_LEDGER_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_TYPE_OF_ROOT = {
    "asset": "asset",
    "assets": "asset",
    "liability": "liability",
    "liabilities": "liability",
    "equity": "equity",
    "income": "income",
    "revenue": "income",
    "revenues": "income",
    "expense": "expense",
    "expenses": "expense",
}


def normal_side(account_type: str) -> str:
    """Return the side on which an account of this type grows: debit or credit."""
    return "debit" if account_type in DEBIT_NORMAL else "credit"


def type_of(path: str) -> str | None:
    """Return the type that an account's first segment tells, in any case; None where it tells none."""
    return _TYPE_OF_ROOT.get(path.partition(":")[0].lower())


def check_ledger_name(name: str) -> str:
    """Return the name.

    Raises:
        InvalidRequest: it does not match `[a-z0-9][a-z0-9_-]{0,62}`.
    """
    if _LEDGER_NAME.fullmatch(name) is None:
        raise InvalidRequest("A ledger's name matches [a-z0-9][a-z0-9_-]{0,62}.", pointer="/name")
    return name


def check_path(path: str, *, pointer: str | None = "/path") -> str:
    """Return the account path in Unicode's composed form (NFC).

    Raises:
        InvalidRequest: too long, an empty segment, or a character that cannot be printed.
    """
    path = unicodedata.normalize("NFC", path)
    if len(path) > PATH_CHARS_MAX:
        raise InvalidRequest(f"An account path has at most {PATH_CHARS_MAX} characters.", pointer=pointer)
    if not _has_segments(path):
        raise InvalidRequest(
            "An account path is made of non-empty, printable segments joined by ':'.", pointer=pointer
        )
    return path


# The same accounts come again and again.
@lru_cache(maxsize=4_096)
def _has_segments(path: str) -> bool:
    return path.isprintable() and all(segment.strip() for segment in path.split(":"))


def check_asset_code(code: str, *, pointer: str | None = "/code") -> str:
    """Return the asset code.

    Raises:
        InvalidRequest: not 1 to 32 printable characters, or with a space or a quote.
    """
    allowed = code.isprintable() and not any(char.isspace() or char in "\"'" for char in code)
    if not 1 <= len(code) <= ASSET_CHARS_MAX or not allowed:
        raise InvalidRequest(
            f"An asset code has 1 to {ASSET_CHARS_MAX} printable characters, no space and no quote.",
            pointer=pointer,
        )
    return code


def check_scale(scale: int, *, pointer: str = "/scale") -> int:
    """Return the scale, the number of decimals.

    Raises:
        InvalidRequest: not within 0 to 18.
    """
    if not 0 <= scale <= SCALE_MAX:
        raise InvalidRequest(f"A scale is a whole number from 0 to {SCALE_MAX}.", pointer=pointer)
    return scale


def check_text(text: str | None, chars_max: int, *, pointer: str) -> str | None:
    """Return the text.

    Raises:
        InvalidRequest: too long, or with a NUL, which PostgreSQL cannot store.
    """
    if text is not None and (len(text) > chars_max or "\0" in text):
        raise InvalidRequest(f"At most {chars_max} characters, none of them NUL.", pointer=pointer)
    return text


def check_description(description: str) -> str:
    """Return the description.

    Raises:
        InvalidRequest: too long, or with a NUL.
    """
    check_text(description, DESCRIPTION_CHARS_MAX, pointer="/description")
    return description


def check_reference(reference: str | None) -> str | None:
    """Return the reference.

    Raises:
        InvalidRequest: empty, too long, or with a NUL.
    """
    if reference == "":
        raise InvalidRequest("A reference is not empty.", pointer="/reference")
    return check_text(reference, REFERENCE_CHARS_MAX, pointer="/reference")


def check_metadata(metadata: Mapping[str, str]) -> Mapping[str, str]:
    """Return the metadata in the order of its keys, which is how it is read ever after.

    Raises:
        InvalidRequest: more than 50 keys, or a key or value that is too long or has a NUL.
    """
    if len(metadata) > METADATA_KEYS_MAX:
        raise InvalidRequest(f"At most {METADATA_KEYS_MAX} metadata keys.", pointer="/metadata")
    for key, value in metadata.items():
        check_text(key, METADATA_KEY_CHARS_MAX, pointer="/metadata")
        check_text(value, METADATA_VALUE_CHARS_MAX, pointer=f"/metadata/{escape_pointer(key)}")
    return dict(sorted(metadata.items()))


def escape_pointer(key: str) -> str:
    """Return a key as a JSON pointer's segment (RFC 6901, section 3)."""
    return key.replace("~", "~0").replace("/", "~1")


def check_postings(drafts: Iterable[PostingDraft], scales: Mapping[str, int]) -> tuple[EntryPosting, ...]:
    """Return the postings in smallest units, once they obey double entry.

    `scales` maps each known asset of the ledger to its decimals.

    Raises:
        InvalidRequest: fewer than two postings, too many, or a bad account path.
        UnknownAsset: an asset is not in `scales`.
        InvalidAmount: an amount is not of the asset's precision, or is zero.
        AmountOutOfRange: an amount or a sum does not fit into 64 bits.
        Unbalanced: an asset does not sum to zero.
    """
    return check_double_entry(
        tuple(_check_posting(number, draft, scales) for number, draft in enumerate(drafts)), scales
    )


def check_double_entry(
    postings: tuple[EntryPosting, ...], scales: Mapping[str, int]
) -> tuple[EntryPosting, ...]:
    """Return the postings, each of which is right by itself, once they are right together.

    Raises:
        InvalidRequest: fewer than two postings, or too many.
        AmountOutOfRange: a sum does not fit into 64 bits.
        Unbalanced: an asset does not sum to zero.
    """
    if not 2 <= len(postings) <= POSTINGS_MAX:
        raise InvalidRequest(f"A transaction has 2 to {POSTINGS_MAX} postings.", pointer="/postings")
    _check_balanced(postings, scales)
    return postings


def _check_posting(number: int, draft: PostingDraft, scales: Mapping[str, int]) -> EntryPosting:
    at = f"/postings/{number}"
    path = check_path(draft.account, pointer=f"{at}/account")
    if draft.asset not in scales:
        raise UnknownAsset(f"The ledger has no asset {draft.asset!r}.", pointer=f"{at}/asset")
    minor = parse_amount(draft.amount, scales[draft.asset], pointer=f"{at}/amount")
    if minor == 0:
        raise InvalidAmount("A posting's amount is not zero.", pointer=f"{at}/amount")
    return EntryPosting(path, draft.asset, minor)


def _check_balanced(postings: Iterable[EntryPosting], scales: Mapping[str, int]) -> None:
    totals: dict[str, int] = defaultdict(int)
    debits: dict[str, int] = defaultdict(int)
    for posting in postings:
        totals[posting.asset] += posting.amount_minor
        debits[posting.asset] += max(0, posting.amount_minor)
    for asset, total in totals.items():
        if total != 0:
            shown = format_amount(total, scales[asset])
            raise Unbalanced(f"The postings of {asset} sum to {shown}, not to zero.", pointer="/postings")
        if debits[asset] > MINOR_MAX:
            raise AmountOutOfRange(f"The debits of {asset} exceed 64 bits.", pointer="/postings")
