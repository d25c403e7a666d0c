"""What a command says of an error that is no defect of ours."""

from __future__ import annotations

from pyramid.exceptions import ConfigurationError
from sqlalchemy.exc import SQLAlchemyError

from myapp.db import CommitOutcomeUnknown, ConcurrencyConflict
from myapp.interchange.journal import JournalError
from myapp.ledger.backup import BackupError
from myapp.ledger.errors import LedgerError

# They say all that there is to say.
_OWN_WORDS = (
    LedgerError,
    JournalError,
    BackupError,
    ConfigurationError,
    CommitOutcomeUnknown,
    OSError,
    UnicodeError,
)


def told(error: Exception) -> str | None:
    """Return the sentence that tells the error; None for one that nobody foresaw."""
    if isinstance(error, _OWN_WORDS):
        return str(error)
    if isinstance(error, ConcurrencyConflict):
        return f"{error} Nothing was kept; do it again."
    if isinstance(error, SQLAlchemyError):
        return str(getattr(error, "orig", None) or error)
    return None
