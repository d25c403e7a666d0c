"""What a journal may call things: accounts, assets, and the words that go with a record."""

import re
from collections.abc import Iterable
from functools import lru_cache

from myapp.interchange.journal import JournalError
from myapp.ledger import rules
from myapp.ledger.errors import InvalidRequest

# A journal names few accounts and assets, each of them often; bounded, because names come from outside.
_NAMES_MAX = 10_000
_NOT_KEPT = re.compile("[\0\ud800-\udfff]")


@lru_cache(_NAMES_MAX)
def checked_path(name: str) -> str:
    """Return the account's path in Unicode's composed form (NFC).

    Raises:
        InvalidRequest: when it is too long, has a blank segment or an unprintable character.
    """
    return rules.check_path(name, pointer=None)


@lru_cache(_NAMES_MAX)
def _checked_code(commodity: str) -> str:
    return rules.check_asset_code(commodity, pointer=None)


def account_path(name: str) -> str:
    """Return the account's path in Unicode's composed form (NFC).

    Raises:
        JournalError: when it is too long, has a blank segment or an unprintable character.
    """
    try:
        return checked_path(name)
    except InvalidRequest as error:
        raise JournalError(f"{shown(name)} cannot be the path of an account") from error


def asset_code(commodity: str) -> str:
    """Return the commodity, unchanged, as the code of an asset.

    Raises:
        JournalError: when it is empty, too long, or has a space, a quote or an unprintable character.
    """
    try:
        return _checked_code(commodity)
    except InvalidRequest as error:
        raise JournalError(f"the commodity {shown(commodity)} cannot be the code of an asset") from error


def words(text: str) -> str:
    """Return the text, unchanged, when a database can keep it.

    Raises:
        JournalError: for a NUL, which PostgreSQL refuses, and for half a surrogate pair, which has no UTF-8.
    """
    if _NOT_KEPT.search(text):
        raise JournalError(f"{shown(text)} has a character that cannot be kept")
    return text


def metadata(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Collect a record's metadata; the values of a key that occurs again are joined with a comma.

    Raises:
        JournalError: for too many keys, and for words that cannot be kept.
    """
    collected: dict[str, str] = {}
    for key, value in pairs:
        before = collected.get(words(key))
        collected[key] = words(value) if before is None else f"{before}, {words(value)}"
    if len(collected) > rules.METADATA_KEYS_MAX:
        raise JournalError(f"{len(collected)} metadata keys, more than {rules.METADATA_KEYS_MAX}")
    return collected


def shown(text: str) -> str:
    """Return the text as a refusal may show it: quoted, short, and without what cannot be encoded."""
    return f"{ascii(text) if not text.isprintable() else repr(text):.80}"
