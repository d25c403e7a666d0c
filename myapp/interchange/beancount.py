"""Reads beancount journals, through beancount itself: an optional extra, because it is under the GPL.

The text is untrusted and beancount's parser is written in C, where `1/0` as an amount is a segmentation fault
(3.2.3). So beancount runs in a process of its own, `beancount_process.py`, and only this can be lost.

Costs and prices are not kept; each asset's remainder goes to the journal's own account for conversions.
"""

import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import msgspec

from myapp.interchange.conversion import converted, exact
from myapp.interchange.journal import Entry, Journal, JournalCode, JournalError, ReadOptions, Record, located
from myapp.interchange.names import account_path, asset_code, metadata, words

PROCESS = Path(__file__).with_name("beancount_process.py")

# Beancount reads about a megabyte in a second; whoever waits for this answer holds a worker.
TIMEOUT_S = 60

# What Python needs to start and find beancount. The rest stays here, the database's password with it.
ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")


class Refusal(msgspec.Struct, frozen=True):
    """Why the process did not read the journal; the line is None when no single one is at fault."""

    message: str
    line: int | None
    code: JournalCode


class Transaction(msgspec.Struct, frozen=True):
    """A transaction that beancount has booked: postings are account, currency and units."""

    line: int
    date: date
    description: str
    metadata: tuple[tuple[str, str], ...]
    postings: tuple[tuple[str, str, Decimal], ...]


class Reading(msgspec.Struct, frozen=True):
    """What the process answers: a refusal, or the books; `types` maps a root account's name to its type."""

    refusal: Refusal | None = None
    types: dict[str, str] = {}
    conversion_account: str = ""
    transactions: tuple[Transaction, ...] = ()


def read(data: bytes, options: ReadOptions) -> Journal:
    """Read a journal in beancount's language.

    Raises:
        JournalError: for whatever beancount finds wrong, for directives that would import code or read files,
            and when beancount is not installed.
    """
    need_beancount()
    reading = _reading(data)
    if reading.refusal:
        refusal = reading.refusal
        where = None if refusal.line is None else f"line {refusal.line}"
        raise JournalError(refusal.message, where=where, code=refusal.code)
    records = [_record(transaction, reading.conversion_account) for transaction in reading.transactions]
    kept = tuple(record for record in records if record.entries)
    return Journal(kept, _account_types(kept, reading.types), skipped=len(records) - len(kept))


def need_beancount() -> None:
    """Accept when beancount is installed.

    Raises:
        JournalError: with the command that installs it.
    """
    if find_spec("beancount") is None:
        raise JournalError("beancount is not installed here: pip install 'myapp[beancount]'")


def _reading(data: bytes) -> Reading:
    # Run by its path, with -P, so that it sees beancount the library and not this module of the same name.
    command = [sys.executable, "-P", "-B", str(PROCESS)]
    environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603  The command is ours; what is untrusted goes through standard input.
            command, input=data, capture_output=True, env=environment, timeout=TIMEOUT_S, check=True
        )
    except subprocess.TimeoutExpired as error:
        raise JournalError(f"beancount did not read it within {TIMEOUT_S} s") from error
    except subprocess.CalledProcessError as error:
        raise JournalError(f"beancount broke down on it (exit status {error.returncode})") from error
    return msgspec.json.decode(done.stdout, type=Reading)


def _record(transaction: Transaction, conversion_account: str) -> Record:
    where = f"line {transaction.line}"
    with located(where):
        entries = tuple(
            Entry(account_path(account), asset_code(currency), exact(units))
            for account, currency, units in transaction.postings
        )
        return Record(
            where=where,
            effective_at=datetime.combine(transaction.date, time.min, UTC),
            description=words(transaction.description),
            reference=None,
            metadata=metadata(transaction.metadata),
            entries=converted(entries, account_path(conversion_account)),
        )


def _account_types(records: Iterable[Record], types: dict[str, str]) -> dict[str, str]:
    """Return the types of the accounts posted to: the name of the root account tells.

    A root may be unknown, where an option renamed it below the postings.
    """
    roots = {account_path(root): kind for root, kind in types.items()}
    paths = {entry.account for record in records for entry in record.entries}
    return {path: roots[root] for path in sorted(paths) if (root := path.partition(":")[0]) in roots}
